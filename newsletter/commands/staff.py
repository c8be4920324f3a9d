"""Commands about staff."""

import click
from flask import current_app

from newsletter.clock import utc_now
from newsletter.commands.output import CommandGroup, json_option, print_json, print_table
from newsletter.staff import audit, invitations, security
from newsletter.staff.accounts import all_staff, create_staff
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work

staff = CommandGroup("staff", help="Who runs the service.")


@staff.command("create")
@click.argument("email", required=False)
@click.option(
    "--role",
    type=click.Choice([role.value for role in StaffRole]),
    default=StaffRole.EDITOR.value,
    show_default=True,
    help="What the account may do: an owner everything, a viewer only look.",
)
@click.option("--name", default="", help="The person's name; the address if not given.")
@click.option(
    "--invite",
    "by_link",
    is_flag=True,
    help="Print a one-time link instead of asking for a password; it works for seven days.",
)
@json_option
def create(email: str | None, role: str, name: str, by_link: bool, as_json: bool) -> None:
    """Create an account for EMAIL, asking for its password, or print a link (--invite)."""
    if by_link:
        _print_link(StaffRole(role), as_json=as_json)
        return
    if not email:
        raise click.UsageError("Give the address of the account, or --invite for a link.")
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    # Pages bind it, which no command loads; it keeps the application itself, not the proxy.
    security.init_app(current_app._get_current_object())  # type: ignore[attr-defined]
    with unit_of_work():
        member = create_staff(
            email=email, name=name or email, password=password, role=StaffRole(role), now=utc_now()
        )
        audit.record("account_created", staff=None, now=utc_now(), detail=role)
    if as_json:
        print_json({"email": member.email, "role": member.role.value})
    else:
        click.echo(f"Created {member.email} as {member.role.value}.")


@staff.command("list")
@json_option
def show(as_json: bool) -> None:
    """List the accounts."""
    rows = [
        {
            "email": one.email,
            "name": one.name,
            "role": one.role.value,
            "active": one.active,
            "last_signed_in_at": one.last_signed_in_at,
        }
        for one in all_staff()
    ]
    if as_json:
        print_json(rows)
    elif not rows:
        click.echo("Nobody has an account yet.")
    else:
        cells = [
            (one.email, one.name, one.role.value, "yes" if one.active else "no")
            for one in all_staff()
        ]
        print_table(("Address", "Name", "Role", "Active"), cells)


def _print_link(role: StaffRole, *, as_json: bool) -> None:
    with unit_of_work():
        link = invitations.invite(role=role, now=utc_now())
        audit.record("staff_invited", staff=None, now=utc_now(), detail=role.value)
    if as_json:
        print_json({"link": link, "role": role.value})
    else:
        click.echo(link)
