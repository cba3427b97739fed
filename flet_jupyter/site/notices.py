"""Pages for people, where there is no app to show: errors, a full app, the list of apps, signing in."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

__all__ = ["SESSION_HEADER", "apps_page", "error_page", "full_page", "sign_in_page"]

SESSION_HEADER: Final = "Flet-Session"
"""Names the session of a visitor who wants to go on while the app is full."""

# The colours are the browser's own for light and dark; nothing is loaded.
_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }}
  body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; }}
  main {{ box-sizing: border-box; width: min(36rem, 100%); padding: 2rem; overflow-wrap: anywhere; }}
  h1 {{ margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; }}
  p {{ margin: .5rem 0; }}
  ul {{ margin: 1.5rem 0 0; padding: 0; list-style: none; }}
  li {{ border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); }}
  a {{ display: block; padding: .75rem 0; color: inherit; text-decoration: none; }}
  a:hover strong, a:focus-visible strong {{ text-decoration: underline; }}
  input, button {{ box-sizing: border-box; font: inherit; margin: .25rem .25rem .25rem 0; padding: .4rem .6rem; }}
  .quiet {{ opacity: .7; font-size: .9rem; }}
</style>
{head}</head>
<body>
<main>
{main}
</main>
{tail}</body>
</html>
"""

# A visitor who has a live session must get in, however many others wait. The server cannot know it from the first
# request: the Flutter client keeps the session's id in this tab, not in a cookie. Waiting visitors ask at slightly
# different times, so that they do not come back all at once.
_TRY_AGAIN: Final = """<script>
(() => {
  let session = null;
  try { session = sessionStorage.getItem("_flet_session_id"); } catch {}
  const headers = session ? { "%s": session } : {};
  const ask = async () => {
    try {
      const reply = await fetch(location.href, { headers, cache: "no-store" });
      if (reply.status === 200 && reply.headers.get("Content-Type")?.startsWith("text/html")) {
        const page = await reply.text();
        document.open();
        document.write(page);
        document.close();
        return;
      }
    } catch {}
    later();
  };
  const later = () => setTimeout(ask, %d * (1 + Math.random() / 4));
  if (session) ask();
  else later();
})();
</script>
"""


def error_page(status: int, title: str, message: str, *, retry_after: int | None = None) -> str:
    """Write a page that says what went wrong.

    Parameters
    ----------
    status : int
        The HTTP status.
    title, message : str
        Plain text: what is wrong, and what to do.
    retry_after : int, optional
        Seconds after which the page loads again by itself.
    """
    head = again = ""
    if retry_after is not None:
        head = f'<meta http-equiv="refresh" content="{int(retry_after)}">\n'
        again = f'\n<p class="quiet">This page tries again in {_seconds(retry_after)}.</p>'
    main = f'<h1>{escape(title)}</h1>\n<p>{escape(message)}</p>{again}\n<p class="quiet">Error {int(status)}</p>'
    return _PAGE.format(title=escape(title), head=head, main=main, tail="")


def full_page(app_name: str | None, retry_after: int) -> str:
    """Write the page for visitors that an app has no room for.

    It asks again by itself, and shows the app when it is let in. A visitor whose session is still live is let in at
    once: the page then names the session in the header ``Flet-Session``.

    Parameters
    ----------
    app_name : str or None
        Plain text.
    retry_after : int
        Seconds between its attempts.
    """
    name = app_name or "This app"
    main = (
        f"<h1>{escape(name)} is busy</h1>\n"
        "<p>It has as many visitors now as it may have. You can leave this page open.</p>\n"
        f'<p class="quiet" role="status">This page tries again every {_seconds(retry_after)}.</p>'
    )
    tail = _TRY_AGAIN % (SESSION_HEADER, 1000 * max(1, int(retry_after)))
    return _PAGE.format(title=escape(name), head="", main=main, tail=tail)


def apps_page(title: str, apps: Iterable[tuple[str, str, str]]) -> str:
    """Write the index of a website with several apps.

    Parameters
    ----------
    title : str
        Plain text.
    apps : iterable of (str, str, str)
        Of each app its path as browsers see it, its name and its description, which may be empty.
    """
    rows = []
    for path, name, description in apps:
        below = f'<br><span class="quiet">{escape(description)}</span>' if description else ""
        rows.append(f'<li><a href="{escape(path)}"><strong>{escape(name)}</strong>{below}</a></li>')
    listed = "<ul>\n" + "\n".join(rows) + "\n</ul>" if rows else "<p>There are no apps here yet.</p>"
    return _PAGE.format(title=escape(title), head="", main=f"<h1>{escape(title)}</h1>\n{listed}", tail="")


def sign_in_page(xsrf_token: str, wanted: str, *, wrong: bool = False) -> str:
    """Write the page that asks for the password or token of a closed site.

    Parameters
    ----------
    xsrf_token : str
        What the form brings back, so that no other site's form can be taken for it.
    wanted : str
        The path to go to afterwards.
    wrong : bool
        Whether this is not the first try.
    """
    again = '<p role="alert"><strong>That was not right.</strong></p>\n' if wrong else ""
    main = (
        f'<h1>Sign in</h1>\n{again}<form method="post">\n'
        f'<input type="hidden" name="_xsrf" value="{escape(xsrf_token)}">\n'
        f'<input type="hidden" name="next" value="{escape(wanted)}">\n'
        '<p><label for="password">Password or token</label></p>\n'
        '<p><input id="password" name="password" type="password" autocomplete="current-password" required autofocus>\n'
        "<button>Sign in</button></p>\n</form>"
    )
    return _PAGE.format(title="Sign in", head="", main=main, tail="")


def _seconds(number: int) -> str:
    return "second" if number == 1 else f"{int(number)} seconds"
