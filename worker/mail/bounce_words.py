"""How servers say that a mail did not arrive, and that it may yet. All in lower case."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_FAILED = (
    # en
    r"(?:could|can|cannot|can't|couldn't|was|were|wasn't|is|has|have|may|will) ?(?:not )?(?:be |been |able to be )?"
    r"(?:not )?(?:be |been )?(?:successfully )?(?:undelivered|undeliverable)",
    r"(?:not|cannot|can't|couldn't|wasn't|weren't|isn't|hasn't)(?: be| been| able to be)? (?:delivered|reached"
    r"|sent to)",
    r"(?:unable|not able|wasn't able|was unable|failed) to (?:deliver|reach|send)|cannot deliver|could not deliver",
    r"undeliverable|undelivered|non[- ]?delivery|not delivered|delivery (?:has |have )?(?:failed|failure|error"
    r"|problem)",
    r"delivery to the following|failed (?:recipient|address)|fail(?:ed|ure) permanently|failed because|was aborted",
    r"(?:recipient|address)(?:s|es|\(s\)|\(es\))? (?:listed )?(?:failed|did not|had permanent|could not|was not"
    r"|are not)",
    r"did not (?:reach|receive)|returned (?:mail|message|to sender)|returning (?:message|to sender)|been returned",
    r"permanent (?:fatal )?(?:error|failure|delivery)|delivery status notification|automatically rejected",
    r"user unknown|unknown user|user not found|no such (?:user|recipient|address|mailbox|account)|unknown recipient",
    r"(?:mailbox|account|mailfolder)(?: [^ ]+)? (?:is )?(?:full|unavailable|not found|disabled|inactive|over ?quota)",
    r"over(?: disk)? ?quota|quota (?:exceeded|violation)|exceeding their quota|does(?: not|n't) exist|doesn't have a",
    r"(?:invalid|illegal|unknown) (?:recipient|address|mailbox|user|final delivery)|address(?:es)? (?:was "
    r"|were )?rejected",
    r"recipient (?:address )?rejected|not accepting mail|was rejected|did not exactly match|unknown host|host unknown",
    r"address (?:could not|couldn't) be found|address not found|no valid recipients|not listed in|not recognized",
    # de
    r"nicht (?:erfolgreich )?(?:zugestellt|zustellbar|übermittelt|ausgeliefert)|unzustellbar"
    r"|zustellung (?:ist )?fehlgeschlagen",
    r"fehler bei der zustellung|zustellfehler|empfänger (?:ist )?unbekannt|adresse nicht gefunden",
    # fr
    r"n'a(?:\s+pas)?\s+pu\s+(?:être|etre)\s+(?:remis|délivr|delivr|distribu|livr|envoy|transmis|achemin)|non remis",
    r"échec (?:de|lors de) (?:la )?(?:remise|distribution|livraison)|adresse introuvable|impossible de (?:remettre"
    r"|distribuer)",
    # es
    r"no (?:se )?(?:ha )?(?:pudo|podido|puede|pudieron)(?: ser)? (?:entreg|envia)|no (?:se )?ha podido (?:ser )?entreg",
    r"no entregad|no ha sido entregad|error (?:de|en la) entrega|imposible entregar|no se ha encontrado la dirección",
    # it
    r"non (?:è stato possibile|è stato|può essere|ha potuto) (?:recapit|consegn)|mancat[oa] (?:recapito|consegna)",
    r"recapito non riuscito|impossibile (?:recapitare|consegnare)|non recapitabile|indirizzo non trovato",
    # nl
    r"niet (?:worden )?(?:bezorgd|afgeleverd)|onbestelbaar|bezorg(?:ing|en)\b.{0,60} mislukt|adres niet gevonden",
    # pt
    r"n[ãa]o (?:p[ôo]de|foi poss[íi]vel|p[oô]de ser)(?: ser)? (?:entreg|envi)|n[ãa]o entregue|falha (?:na|de) entrega",
    r"endere[çc]o não encontrado",
    # pl
    r"nie (?:może|mogła|można|mogło|udało się|została|zostało)(?: zostać| być)? (?:dostarcz|doręcz)|niedostarcz",
    r"nie dostarczono|nie znaleziono adresu",
    # sv, da, no, fi
    r"inte (?:kunde )?levere|kunde inte (?:nå|levere)|ikke (?:kunne )?(?:leveres|leveret|levert|bli levert)|uleverbar",
    r"adressen (?:hittades inte|blev ikke fundet|ble ikke funnet)",
    r"ei (?:voitu|voi) toimittaa|toimitus epäonnistui|toimittaminen.{0,60}epäonnistui|osoitetta ei löyty",
    # ja, zh, ru
    r"(?:配信|配送|送信|送達|配達)(?:できません|に失敗|不能|されません)|届けることができません|宛先(?:不明|が見つかりません)",
    r"无法(?:发送|投递|送达|傳送)|投递失败|退信|не может быть доставлен|не доставлен|невозможно доставить|недоставлен",
)

_DELAYED = (
    r"not (?:yet )?been delivered (?:yet|to all|to one or more .{0,40} after)|not yet been delivered"
    r"|yet to be delivered",
    r"(?:message|mail|delivery)(?: is| was| has been)? (?:being )?(?:delayed|postponed)|been (?:delayed|postponed)",
    r"will (?:continue|keep|go on)(?: to)? (?:try|attempt)|attempts will (?:continue|be made)|continue to be made",
    r"will (?:be retried|retry|try again)|keep trying|this is (?:just )?a warning|warning message only",
    r"delivery incomplete|could not send message for past|temporary problem delivering|\(delay(?:ed)?\)",
    r"noch nicht zugestellt|verzögert|weiterhin versuch|erneut versuch",
    r"n'a pas encore|(?:est|été) retardée?|sera retenté|aún no se ha|todavía no se ha|retrasad[oa]",
    r"non è stato ancora|non ancora|in ritardo|ritardat[oa]|nog niet|vertraag[d]|ainda não foi|atrasad[oa]",
    r"opóźnion|jeszcze nie|försenat|försenad|ännu inte|forsinket|endnu ikke|ennå ikke|viivästy|ei ole vielä",
    r"遅延|まだ配信されて|延迟|ещё не|еще не доставлен",
)

_GIVEN_UP = (
    r"given up|gave up|giving up|permanent(?:ly)?\b.{0,20}(?:error|fail|fatal)|failed permanently|no further attempt",
    r"will not be retried|been removed from the mail queue|endgültig|attempt\(s\) to deliver|was aborted|have expired",
    r"définitiv|definitiv",
)

# Who writes such mail and no other: From as it stands.
_DAEMON = (r"mailer[-_. ]?daemon|mail[-_. ]?daemon|postmaster@|mdaemon@|mail delivery (?:sub)?system|\bndr@",)
# Who may write it.
_SERVER = (
    r"postmaster|mdaemon|mail[-_. ]?(?:delivery|admin|system|service|gateway|server)|(?:delivery"
    r"|mail)[-_. ](?:sub)?system",
    r"system administrator|e-?mail[-_. ]delivery|smtp[-_. ](?:mail|gateway|service)|for_smtp|\bimss@|mailsweeper",
    r"lsmtp|jetmail|inetgw",
)
_OF_MAIL = (
    r"mail|message|recipient|smtp|nachricht|empfänger|courriel|destinataire|mensaje|correo|messaggio|destinatari",
    r"bericht|mensagem|wiadomo|meddelande|besked|melding|viesti|メール|メッセージ|邮件|сообщени|письм",
)

# The subject of a report begins so,
_SUBJECT = (
    r"^(?:\[postmaster\] ?)?(?:warning: )?(?:e?-?mail |message )?(?:permanent )?(?:un|non-?)?deliver(?:y|able|ed)\b"
    r".{0,20}(?:fail|error|problem|status|notif|report|warning|mail|:|$)",
    r"^(?:undeliver|non-?deliver|undelivered|returned mail|returned e-?mail|failure notice|failed mail)",
    r"^delivery (?:status|fail|error|has failed|notif|incomplete|delayed|report|of your (?:mail|message))",
    r"^(?:permanent delivery|mail (?:delivery |system )?(?:fail|error|problem|not delivered)|message (?:delivery"
    r"|delayed))",
    r"^(?:mail|message|your message).{0,120}(?:could not be delivered|not delivered|undeliverable)",
    r"^(?:processing error|automatically rejected|delivery has failed|address not found|warning: .*(?:delayed"
    r"|unknown))",
    r"^(?:warning: (?:message|could not send)|delayed:|(?:notice: )?mail delivery)",
    r"^\W*(?:message|mail|e-?mail) you sent (?:was )?blocked",
    r"^(?:unzustellbar|nicht zustellbar|zustellung|verzögert|non remis|échec de (?:la )?(?:remise|distribution))",
    r"^(?:no se puede entregar|no entregado|error de entrega|notificación de (?:estado|error)|non recapitabile)",
    r"^(?:mancato recapito|recapito non|notifica (?:di|dello) (?:stato|mancat)|onbestelbaar|niet bezorgd)",
    r"^(?:não é possível entregar|não entregue|falha na entrega|notificação de (?:status|estado)|niedostarcz)",
    r"^(?:nie można dostarczyć|nie dostarczono|zwrot|går inte att leverera|kan ikke leveres|uleverbar|ikke levert)",
    r"^(?:ei voi toimittaa|toimitus|配信不能|配信エラー|メール配信|退信|недоставлен|ваше сообщение не доставлен)",
)
# or ends so, behind the subject of the mail.
_SUBJECT_END = (
    r": ?(?:non remis|unzustellbar|undeliverable|non recapitabile|no entregado|onbestelbaar)(?: \([^()]*\))?$",
)


@lru_cache(maxsize=1)
def failed() -> Any:
    """Matches words that say that a mail did not arrive."""
    return _union(_FAILED)


@lru_cache(maxsize=1)
def delayed() -> Any:
    """Matches words that say that it is still being tried."""
    return _union(_DELAYED)


@lru_cache(maxsize=1)
def given_up() -> Any:
    """Matches words that say that it is tried no more."""
    return _union(_GIVEN_UP)


@lru_cache(maxsize=1)
def daemon() -> Any:
    """Matches a From that is a mail server's."""
    return _union(_DAEMON)


@lru_cache(maxsize=1)
def server() -> Any:
    """Matches a From that may be one."""
    return _union(_SERVER)


@lru_cache(maxsize=1)
def of_mail() -> Any:
    """Matches words for mail: what did not arrive may be a chair."""
    return _union(_OF_MAIL)


@lru_cache(maxsize=1)
def subject() -> Any:
    """Matches the subject of a report."""
    return _union(_SUBJECT)


@lru_cache(maxsize=1)
def subject_end() -> Any:
    """Matches the end of a subject that a server has added to that of the mail."""
    return _union(_SUBJECT_END)


def _union(patterns: tuple[str, ...]) -> Any:
    import re2

    return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns))
