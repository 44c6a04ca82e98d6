"""Which parameters of a storage macro readers see; all others steer the macro.

The one place for it: the converter of a macro shows this parameter, the fallback shows it, and the
loss meter counts it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain, islice

from pipeline.markdown.links import has_secret
from pipeline.markdown.tree import Element, all_text, child, decode

_TITLES = ("title", "tabsPageTitle", "label", "name")
_LABELS = ("title", "label", "text", "buttonText", "buttonLabel", "name")
_FORMULAS = ("body", "equation", "formula", "latex", "math", "")
_UNSURE = ("label", "text", "caption")  # an app may show them, or search for them
# Of a macro without a row. `heading` and `header` are left out: how many rows of a table are
# headers, and what is sent with a request, such as a password.
_HEADINGS = ("title", "tabsPageTitle", "tabTitle", *_UNSURE)
# Values that are no text.
_SETTINGS = frozenset(("true", "false", "yes", "no", "none", "auto", "left", "right", "center"))
_JSON = ('{"', '[{"', "%7B%22")  # an app's settings
MOST_LOOKED_AT = 100  # of a macro that are looked at


def _rows(names: str, parameters: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(names.split(), parameters)


# Best first: only the first one that has a text is shown.
_SEEN: Mapping[str, tuple[str, ...]] = {
    **_rows(
        "info note tip warning panel success error code noformat latex chart",
        ("title",),
    ),
    **_rows("status status-handy handy-status", ("title", "Status")),
    **_rows(
        "expand ui-expand ui-tab cfm-tabs-page aui-tab auitabspage tab tab-pane localtab card",
        _TITLES,
    ),
    **_rows("ui-button cfm-button aui-button button", _LABELS),
    **_rows(
        """easy-math-inline eazy-math-inline mathinline math-inline latex-inline
        mathjax-inline-macro easy-math-block eazy-math-block mathblock mathblock-ref math-block
        latex-block latex-formatting mathjax-block-macro mathjax latexmath""",
        _FORMULAS,
    ),
    **_rows("jira jiraissues", ("key",)),
    **_rows(  # a name of a picture, an address, or nothing
        """markdown markdown-macro markdown-block md html html-bobswift html-macro toc pagetree
        pagetreesearch livesearch recently-updated search navmap
        children recently-updated-dashboard create-from-template create-space-button contributors
        contributors-summary popular-labels related-labels listlabels favpages contentbylabel
        attachments gallery space-details spaces blog-posts change-history anchor viewtracker
        detailssummary tasks-report-macro content-report-table network calendar drawio
        inc-drawio drawio-sketch drawio-board gliffy lucidchart balsamiq mockup cacoo excalidraw
        excalidraw-macro bpmn bpmn-modeler roadmap plantuml plantumlrender plantumlcloud mermaid
        mermaid-cloud mermaid-macro mermaid-diagram graphviz dot viz flowchart ditaa nomnoml yuml d2
        websequencediagrams sequence-diagram sequencediagram zenuml-sequence-macro footnote
        footnotes display-footnotes include excerpt-include excerpt-include-macro view-file viewpdf
        viewdoc viewxls
        viewppt multimedia widget iframe section column toc-zone layout excerpt details ui-tabs
        cfm-tabs auitabs tabs tab-group localtabgroup deck profile profile-picture strike
        strikethrough""",
        (),
    ),
}
SEEN_NAMES = frozenset(chain(_HEADINGS, *_SEEN.values()))


def pick_seen[Parameter](
    macro: str, parameters: Mapping[str, Parameter], text_of: Callable[[Parameter], str], body: str
) -> Parameter | None:
    """Return the parameter that a macro shows, of those by their names; None without one.

    `body` is the macro's plain text, which a formula shows instead.
    """
    names = _SEEN.get(macro.lower(), _HEADINGS)
    if names is _FORMULAS and body.strip():
        return None
    is_known = names is not _HEADINGS
    found = ((parameters[name], text_of(parameters[name])) for name in names if name in parameters)
    texts = ((parameter, text.strip()) for parameter, text in found)
    return next((one for one, text in texts if text and (is_known or not _is_setting(text))), None)


def _is_setting(text: str) -> bool:
    return text.lower() in _SETTINGS or text.startswith(_JSON) or has_secret(text)


def seen_parameter(macro: Element) -> Element | None:
    """Return the parameter whose text a storage macro shows; None for a rendered macro."""
    parameters = {
        parameter.get("ac:name") or "": parameter
        for parameter in islice(macro, MOST_LOOKED_AT)
        if parameter.tag == "ac:parameter"
    }
    if not parameters:
        return None
    body = all_text(child(macro, "ac:plain-text-body"))
    return pick_seen(macro.get("ac:name") or "", parameters, all_text, body)


def unsure_parameter(macro: Element) -> Element | None:
    """Return the parameter whose text a macro without a row may show; None for any other."""
    if (macro.get("ac:name") or "").lower() in _SEEN:
        return None
    parameter = seen_parameter(macro)
    is_unsure = parameter is not None and parameter.get("ac:name") in _UNSURE
    return parameter if is_unsure else None


def seen_text(macro: Element) -> str:
    """Return the text of the parameter that a storage macro shows; "" without one."""
    return decode(all_text(seen_parameter(macro)))
