"""After an apply that was cut off: what it made and did not note is taken into the state, or named.

AWS is asked before anything is made, so that nothing is made a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.errors import UsageError
from datastreamer.provisioning.terraform.driver import Plan, TerraformDriver
from datastreamer.provisioning.unrecorded import (
    ADOPTED,
    LABELS,
    Made,
    NewClient,
    adoptable,
    find_made,
    recorded_in,
    unrecorded,
)


class CutOff:
    """Looks for what carries ``tags`` at the AWS that ``client`` reaches, and is not in the state of ``driver``.

    What carries the tag STACK is that stack's: only ``stack``'s own is looked at, since every stack has a state of its
    own. ``types`` are Terraform's, of what it may have made. The driver reports a line for everything that is found
    or done.
    """

    def __init__(
        self,
        driver: TerraformDriver,
        client: NewClient,
        tags: Mapping[str, str],
        stack: str,
        types: Collection[str] = frozenset(LABELS),
    ) -> None:
        self._driver = driver
        self._stack = stack
        self._types = types
        self._client = client
        self._tags = tags

    def take_up(self, plan: Plan | None = None) -> bool:
        """Take into the state what the next apply would make again, and name the rest; whether anything was taken.

        Raises UsageError, and changes nothing, when there is something to take and ``plan`` was made without it.
        """
        left = self.left()
        if not left:
            return False
        found = adoptable(left, self._driver.planned(plan)) if any(made.type in ADOPTED for made in left) else {}
        if found and plan is not None:
            raise UsageError(
                f"an apply that was cut off made {', '.join(map(str, found.values()))}, and the saved plan would make "
                "it again. Apply without that plan, or take it in first: "
                + "; ".join(self._command(address, made) for address, made in found.items())
            )
        for address, made in found.items():
            self._driver.say(f"taking {made} into the state as {address}: an apply that was cut off made it")
            self._driver.adopt(address, made.identifier)
        self._name([made for made in left if made not in found.values()])
        return bool(found)

    def name_left(self) -> list[Made]:
        """Name what is at AWS and in no state, after a destroy for example."""
        left = self.left()
        self._name(left)
        return left

    def left(self) -> list[Made]:
        """What is at AWS and in no state. Where AWS does not let us look, that is reported, and nothing is found."""
        try:
            made = find_made(self._client, self._tags, self._types)
        except (ClientError, BotoCoreError) as error:
            self._driver.say(f"warning: it is not known whether an apply was cut off before, for AWS says: {error}")
            return []
        own = [each for each in made if each.tags.get("STACK", self._stack) == self._stack]
        return unrecorded(own, recorded_in(self._driver.state())) if own else []

    def _name(self, left: list[Made]) -> None:
        for made in left:
            self._driver.say(
                f"warning: {made} is in no state: an apply that was cut off made it, or somebody did by hand. "
                f"To delete it: {made.deletion}"
            )

    def _command(self, address: str, made: Made) -> str:
        return self._driver.adopt_command.format(address=address).replace("<id>", made.identifier)
