"""The HTML pages that the API itself serves. They run no script and load nothing; the content policy allows only the
inline style, by its hash."""

from base64 import b64encode
from hashlib import sha256
from html import escape

from litestar import Response

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}code,pre{font:14px/1.45 ui-monospace,monospace;background:#f2f4f5}code{padding:0 .25em}"
    "pre{padding:.75rem;overflow:auto}h2{margin-top:3rem;border-bottom:1px solid #767676}h3{margin-top:2rem}"
    "table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}"
    "a{color:#0b57a4}summary{cursor:pointer}"
    "@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#16191b}code,pre{background:#24292c}a{color:#8cc2ff}}"
)
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def html_page(title: str, body: str) -> Response[str]:
    """Build a page. `body` is HTML and must already be escaped."""
    return Response(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>",
        media_type="text/html",
        headers={"content-security-policy": POLICY},
    )
