"""The forms in which findings are shown: text and JSON, SARIF, JUnit and GitHub annotations."""
