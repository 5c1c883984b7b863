"""As whom AWS is asked: a profile or the environment, whichever a person has named, and nobody else.

boto3 would go on looking elsewhere, at last at the machine that it runs on; all that is taken out here. It is imported
with the first question, in a thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle.price_settings import AwsPriceSettings

if TYPE_CHECKING:
    import boto3

#: Where boto3 may look for credentials of the environment: keys, or a token that is exchanged for a role.
_OF_ENVIRONMENT = frozenset({"env", "assume-role-with-web-identity"})
#: The same for a profile: all that its entry may say, a program of the person's own included.
_OF_PROFILE = frozenset(
    {
        "assume-role",
        "assume-role-with-web-identity",
        "sso",
        "login",
        "shared-credentials-file",
        "custom-process",
        "config-file",
    }
)


def make_session(settings: AwsPriceSettings, ca_bundle: str | None) -> boto3.Session:
    """Return a session with the credentials that are named. Slow, and may raise what botocore does.

    ca_bundle: file with the authorities that are believed where a token is exchanged for credentials.
    """
    import boto3
    import botocore.session

    inner = botocore.session.Session(profile=settings.profile)
    if ca_bundle is not None:
        inner.set_config_variable("ca_bundle", ca_bundle)
    resolver = inner.get_component("credential_provider")
    allowed = _OF_ENVIRONMENT if settings.profile is None else _OF_PROFILE
    resolver.providers = [one for one in resolver.providers if one.METHOD in allowed]
    return boto3.Session(botocore_session=inner)
