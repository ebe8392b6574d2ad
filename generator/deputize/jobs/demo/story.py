"""The two stories of AWS's confused-deputy page as the demo tells them: a sentence per step, in English and Japanese.

Each sentence takes what a real call answered; nothing else in it changes from run to run.
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

STEPS: dict[str, dict[str, str]] = {
    "1-1": {
        "en": "Company A hires the cost service and is told the account it runs in: {account}.",
        "ja": "A社がサービスの利用を開始します。サービス会社のアカウント ID は {account} です。",
    },
    "1-2": {
        "en": "A makes a role by hand that trusts that account, and asks for no external ID: {role}",
        "ja": "A社が IAM ロールを手作業で作成します。信頼ポリシーに外部 ID の条件はありません: {role}",
    },
    "1-3": {
        "en": "A hands the role's ARN to the service: {arn}",
        "ja": "A社がロールの ARN をサービス会社に渡します: {arn}",
    },
    "1-4": {
        "en": "The service assumes A's role: {session}",
        "ja": "サービスが A社のロールを引き受けます: {session}",
    },
    "1-5": {
        "en": "Tenant A's screen shows A's instances: {instances}",
        "ja": "テナント A の画面に A社のインスタンスが表示されます: {instances}",
    },
    "1-6": {
        "en": "Company X hires the same service.",
        "ja": "X社も同じサービスの利用を開始します。",
    },
    "1-7": {
        "en": "X found A's role ARN, and hands it in as its own: {arn}",
        "ja": "X社が A社のロールの ARN を突き止め、自社のものと偽って渡します: {arn}",
    },
    "1-8": {
        "en": "The service takes it for X's role, and assumes it: {session}",
        "ja": "サービスは X社のロールと誤認し、引き受けに成功します: {session}",
    },
    "1-9": {
        "en": "Tenant X's screen shows A's instances: {instances}. The service was a confused deputy.",
        "ja": "テナント X の画面に A社のインスタンスが表示されます: {instances}。サービスは「混乱した代理」です。",
    },
    "2-1": {
        "en": "Company A hires the service, which issues it the external ID {id}.",
        "ja": "A社がサービスの利用を開始し、外部 ID {id} を受け取ります。",
    },
    "2-2": {
        "en": "The service renders and lints A's bundle ({files} files; {engines}); A deploys it: {status}",
        "ja": "サービスが A社のバンドルを作成して検査し({files} ファイル、{engines})、A社がデプロイします: {status}",
    },
    "2-3": {
        "en": "A hands the role's ARN to the service: {arn}",
        "ja": "A社がロールの ARN をサービス会社に渡します: {arn}",
    },
    "2-4": {
        "en": "The service assumes A's role with A's external ID {id}: {session}",
        "ja": "サービスが A社の外部 ID {id} を付けてロールを引き受けます: {session}",
    },
    "2-5": {
        "en": "Tenant A's screen shows A's instances: {instances}",
        "ja": "テナント A の画面に A社のインスタンスが表示されます: {instances}",
    },
    "2-6": {
        "en": "Company X hires the same service, which issues it the external ID {id}.",
        "ja": "X社も同じサービスの利用を開始し、外部 ID {id} を受け取ります。",
    },
    "2-7": {
        "en": "X hands in A's role ARN as its own: {arn}",
        "ja": "X社が A社のロールの ARN を自社のものと偽って渡します: {arn}",
    },
    "2-8": {
        "en": "For X the service sends X's external ID {id}: {refusal}",
        "ja": "サービスは X社のために X社の外部 ID {id} を送ります: {refusal}",
    },
    "2-9": {
        "en": "Tenant X's screen stays empty: {instances}. A's resources are protected.",
        "ja": "テナント X の画面は空のままです: {instances}。A社のリソースは保護されました。",
    },
    "none": {
        "en": "Without any external ID it is the same: {refusal}",
        "ja": "外部 ID を付けない場合も同じです: {refusal}",
    },
    "write": {
        "en": "And the role only reads. RunInstances (DryRun): {refusal}",
        "ja": "また、このロールは読み取り専用です。RunInstances (DryRun): {refusal}",
    },
    "register": {
        "en": "The service registers A's new role: {verdict}",
        "ja": "サービスが A社の新しいロールを登録します: {verdict}",
    },
    "refuse": {
        "en": "And it refuses the first story's role: {verdict}",
        "ja": "最初の話のロールの登録は拒否されます: {verdict}",
    },
}

NOTHING = {"en": "(nothing)", "ja": "(なし)"}


def told(step: str, locale: str, **answers: str) -> str:
    """The sentence of one step, with what the calls answered."""
    return STEPS[step][locale].format(**answers)
