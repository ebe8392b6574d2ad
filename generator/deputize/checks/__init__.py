"""Is it right: one judge for every role and policy of any origin, and the engines that judge a whole template."""
