"""Bodies that cost a converter or a chunker more than their size, in any size: name → body.

Each takes a number and returns a body about that many times as long as its smallest one.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.support.convert import macro, plain, rich


def _nested(start: str, end: str, core: str = "word") -> Callable[[int], str]:
    return lambda n: start * n + core + end * n


def _repeated(part: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda n: before + part * n + after


def _code(part: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda n: macro("code", plain(before + part * n + after))


def _cells(n: int, attributes: str) -> str:
    return f"<table>{f'<tr><td {attributes}>a</td><td>b</td></tr>' * n}</table>"


_IMAGE = '<ac:image ac:alt="x"><ri:attachment ri:filename="a.png"/></ac:image>'
_LINK = '<a href="https://example.com/{}">a</a>'
_NODE = '<ac:adf-node type="unheard-of"><ac:adf-content>a</ac:adf-content></ac:adf-node>'
_FALLBACK = "<ac:adf-fallback> </ac:adf-fallback>"

QUOTES = "';"
HOSTILE_PAGES: dict[str, Callable[[int], str]] = {
    # inline
    "images in an open bracket": lambda n: f"<p>[0, 10) {_IMAGE * n}{_LINK.format(1)}</p>",
    "open brackets": _repeated("[", "<p>", _LINK.format(1) + "</p>"),
    "open brackets, links": lambda n: f"<p>{('[' + _LINK.format(1)) * n}</p>",
    "brackets in brackets": lambda n: f"<p>{'[' * n}{']' * n}{_LINK.format(1)}</p>",
    "link-like text": _repeated("](", "<p>[" + _LINK.format(1), "</p>"),
    "open link targets": _repeated("[a](b(", "<p>", "</p>"),
    "parentheses in a target": lambda n: f"<p>[a](b{'(c)' * n} {_LINK.format(1)}</p>",
    "backslashes": _repeated("\\", "<p>[", _LINK.format(1) + "</p>"),
    "backticks": _repeated("`", "<p>", _LINK.format(1) + "</p>"),
    "open code spans": _repeated("` ``` ", "<p>" + _LINK.format(1), "</p>"),
    "tildes": _repeated("~~~ a ", "<p>" + _LINK.format(1), "</p>"),
    "links": lambda n: f"<p>{' '.join(_LINK.format(at) for at in range(n))}</p>",
    "links to one page": lambda n: f"<p>{_LINK.format(1) * n}</p>",
    "a long address": lambda n: f'<p>{"<a href=/" + "x" * n + ">a</a>"}</p>',
    "a path of dots": lambda n: f'<p><a href="{"../" * n}x">a</a></p>',
    "tracking parameters": lambda n: f'<p><a href="https://a?{"src=confmacro&amp;" * n}">a</a></p>',
    "images": _repeated(_IMAGE, "<p>", "</p>"),
    "bold words": _repeated("<b>a</b>", "<p>", "</p>"),
    "bold and italic": _repeated("<b>a<i>b</i></b> ", "<p>", "</p>"),
    "stars": _repeated("*", "<p>", "<b>a</b></p>"),
    "emphasis in lines": _repeated("a<br/>", "<p><b>", "</b></p>"),
    "exponents in exponents": _nested("<sup>1", "</sup>"),
    "quotations in quotations": _nested("<q>a", "</q>"),
    "times in times": _nested("<time>a", "</time>"),
    "code spans": _repeated("<code>a`b</code>", "<p>", "</p>"),
    "emoticons": _repeated('<ac:emoticon ac:name="tick"/>', "<p>", "</p>"),
    "entities": _repeated("&amp;&nbsp;&nope;&", "<p>", "</p>"),
    "a long character reference": lambda n: f"<p>macro &#{'9' * n};</p>",
    "hidden characters": _repeated("\u200b\u200d\U000e0041", "<p>a", "b</p>"),
    "line breaks": _repeated("<br/>", "<p>a", "b</p>"),
    # text
    "a line": _repeated("x", "<p>", "</p>"),
    "a line of words": _repeated("word ", "<p>", "</p>"),
    "a line of spaces": _code(" ", "a", "b"),
    "a line of no-break spaces": _repeated("\xa0", "<p>a", "b</p>"),
    "one sentence": _repeated("a. ", "<p>", "</p>"),
    "full stops": _repeated(".", "<p>", "</p>"),
    "quotes after a full stop": lambda n: f"<p>a.{')' * n} {'(' * n}b</p>",
    "Chinese sentences": _repeated("。", "<p>", "</p>"),
    "emoji": _repeated("🙂", "<p>", "</p>"),
    "digits": _repeated("7", "<p>", "</p>"),
    "raw greater-than signs": _repeated(">"),
    "raw less-than signs": _repeated("<"),
    "render errors": _repeated("Error rendering macro ‘", "<p>", "</p>"),
    "render errors in quotes": _repeated("Error rendering macro 'a' ", "<p>", "</p>"),
    "Unknown macro": _repeated(" ", '<span class="error">Unknown macro: ', "x</span>"),
    "issue details": _repeated(" - Getting issue details... ",
                               '<span class="jira-issue">', "</span>"),
    "number signs": _repeated("# ", "<p>", "</p>"),
    "hyphens": _repeated("- ", "<p>", "x</p>"),
    "numbers": _repeated("1. ", "<p>", "x</p>"),
    "signs of a table": _repeated("|-", "<p>", "x</p>"),
    # blocks
    "headings": lambda n: "".join(f"<h{1 + at % 6}>h{at}</h{1 + at % 6}>" for at in range(n)),
    "headings with text": lambda n: "".join(f"<h2>h{at}</h2><p>text {at}</p>" for at in range(n)),
    "a long heading": _repeated("word ", "<h1>", "</h1><p>text</p>"),
    "a long heading above others": lambda n: (
        f"<h1>{'word ' * n}</h1>" + "".join(f"<h2>h{at}</h2><p>text</p>" for at in range(n))
    ),
    "a heading of spaces": lambda n: f"<h1>a{'&#160; ' * n}b</h1>",
    "a long anchor": lambda n: f'<h1 id="{"x" * n}">a</h1><p>{"word " * n}</p>',
    "paragraphs": _repeated("<p>a</p>"),
    "empty paragraphs": _repeated("<p/>"),
    "rules": _repeated("<hr/>"),
    "items": _repeated("<li>a</li>", "<ul>", "</ul>"),
    "items in a long class": lambda n: f'<ul class="{"x" * n}">{"<li>a</li>" * n}</ul>',
    "an item of items": _nested("<ul><li>a", "</li></ul>"),
    "an item of paragraphs": _repeated("<p>a</p>", "<ul><li>", "</li></ul>"),
    "items without a list": _repeated("<li>a"),
    "tasks": _repeated("<ac:task><ac:task-status>complete</ac:task-status>"
                       "<ac:task-body>a</ac:task-body></ac:task>",
                       "<ac:task-list>", "</ac:task-list>"),
    "quotes in quotes": _nested("<blockquote><p>a</p>", "</blockquote>"),
    "a quote of paragraphs": _repeated("<p>a</p>", "<blockquote>", "</blockquote>"),
    "rows": lambda n: _cells(n, ""),
    "rows with long spans": lambda n: _cells(n, 'rowspan="65534" colspan="1000"'),
    "cells": _repeated("<td>a</td>", "<table><tr>", "</tr><tr><td>b</td></tr></table>"),
    "wide cells": _repeated('<td colspan="99">a</td>', "<table><tr>", "</tr></table>"),
    "tall cells": lambda n: (
        "<table>" + "".join(f'<tr><td rowspan="{n - at}">a</td></tr>' for at in range(n))
        + "</table>"
    ),
    "a cell of paragraphs": _repeated("<p>a|</p>", "<table><tr><td>", "</td><td/></tr></table>"),
    "a row of hyphens": lambda n: f"<table><tr><td>a</td></tr><tr><td>{'-' * n}x</td></tr></table>",
    "tables in tables": _nested("<table><tr><td>a|</td><td>", "</td></tr></table>"),
    "tables": _repeated("<table><tr><td>a</td><td>b</td></tr></table>"),
    # code
    "code on one line": _code("public x ", "", ""),
    "code taken for Java": lambda n: (
        '<div class="code panel"><pre class="syntaxhighlighter-pre" '
        f'data-syntaxhighlighter-params="brush: java">{"int public a " * n}</pre></div>'
    ),
    "code with backticks": _code("`"),
    "code with indents": _code(" " * 8 + "a\n"),
    "empty lines of code": _code("\n", "a", "b"),
    "code without lines": _code(" \n", "", ""),
    "a long language": lambda n: macro("code", plain("a\n" * n), language="x" * n),
    "a long title": lambda n: macro("code", plain("a\n" * n), title="x" * n),
    "open code": lambda n: "<ac:plain-text-body><![CDATA[" * n,
    "divided CDATA": lambda n: macro("code", plain("]]>" * n)),
    "diagrams": _repeated(macro("drawio", "", name="a")),
    # macros
    "panels in panels": lambda n: (
        '<ac:structured-macro ac:name="info"><ac:rich-text-body>' * n + "a"
        + "</ac:rich-text-body></ac:structured-macro>" * n
    ),
    "sections in sections": _nested('<div class="section"><p>a</p>', "</div>"),
    "unknown macros": lambda n: "".join(macro(f"unheard-{at}", rich("a")) for at in range(n)),
    "unknown macros in each other": _nested(
        '<ac:structured-macro ac:name="unheard-of"><ac:rich-text-body><p>a</p>',
        "</ac:rich-text-body></ac:structured-macro>"),
    "inclusions in each other": _nested('<ac:structured-macro ac:name="include">a<b>b</b>',
                                        "</ac:structured-macro>"),
    "parameters": _repeated('<ac:parameter ac:name="title">a</ac:parameter>',
                            '<ac:structured-macro ac:name="info">', "</ac:structured-macro>"),
    "titles of one panel": _repeated(
        '<p class="title">a</p>', '<div class="confluence-information-macro">', "</div>"),
    "titles of a panel with a long class": lambda n: (
        f'<div class="confluence-information-macro {"x" * n}">{"<p class=title>a</p>" * n}</div>'
    ),
    "editor's nodes": lambda n: f"<ac:adf-extension>{_NODE * n}{_FALLBACK * n}</ac:adf-extension>",
    "nodes and fallbacks": lambda n: (
        f"<ac:adf-extension>{(_NODE + _FALLBACK) * n}</ac:adf-extension>"),
    "fallbacks": lambda n: f"<ac:adf-extension>{_FALLBACK * n}</ac:adf-extension>",
    "extensions in fallbacks": _nested(
        f"<ac:adf-extension>{_NODE}<ac:adf-fallback>", "</ac:adf-fallback></ac:adf-extension>", ""),
    "links in links": _nested('<ac:link><ri:page ri:content-title="a"/><ac:link-body>a',
                              "</ac:link-body></ac:link>"),
    "children of a link": _repeated("<b/>", "<ac:link>", "</ac:link>"),
    # tags
    "tags in tags": _nested("<div>", "</div>"),
    "open tags": _repeated("<div>a"),
    "open bold tags": _repeated("<b>a"),
    "deep and unended": lambda n: "<b>" * 3_000 + "<" + "a" * n,
    "deep and wide": lambda n: "<sup>" * 900 + "<p>a</p>" * n + "</sup>" * 900,
    "deep and long": lambda n: "<sup>" * 900 + "word " * n + "</sup>" * 900,
    "ends without a start": _repeated("</b>", "<div>" * 900),
    "attributes": lambda n: f"<p {' '.join(f'a{at}=1' for at in range(n))}>a</p>",
    "a long attribute": lambda n: f'<p style="{"display: " * n}">a</p>',
    "spaces in a style": lambda n: f'<p style="display{" " * n}">a</p>',
    "hidden in hidden": _nested('<p style="display:none">a<span>', "</span></p>"),
    "hidden texts side by side": _repeated('<b style="display:none">a</b>b', "<p>", "</p>"),
    "white texts side by side": _repeated('<b style="color:#fff">a</b>b', "<p>", "</p>"),
    "colours in colours": _nested('<p style="background:rgba(0,0,0,.1);color:#ccc">a', "</p>"),
    "declarations": lambda n: f'<p style="{"color:red;x:(;" * n}">a</p>',
    "quotes and comments in a style": lambda n: f"<p style=\"{'/*;' * n}{QUOTES * n}\">a</p>",
    "a gradient": lambda n: f'<p style="background:linear-gradient({"red," * n})">a</p>',
    "rules of one class": lambda n: f"<style>{'.a{color:red}' * n}</style>{'<p class=a>a</p>' * n}",
    "a long rule": lambda n: f"<style>.a{{{'left:1px;' * n}}}</style>{'<p class=a>a</p>' * n}",
    "braces in rules": lambda n: (
        f"<style>{'@media{' * n}{'}' * n}{'/*' * n}</style><p hidden>a</p>"),
    "titles of a coloured panel": _repeated(
        '<ac:parameter ac:name="title">a</ac:parameter>',
        '<ac:structured-macro ac:name="panel">', "</ac:structured-macro>"),
    "errors in errors": _nested('<div class="error">a', "</div>"),
    "errors": _repeated('<span class="error">a</span>', "<p>", "</p>"),
    "a long class": lambda n: f'<div class="{"x " * n}">a</div>',
    "open comments": _repeated("<!--", "<p>a</p>"),
    "open quotes": _repeated("<a b='", "<p>a</p>"),
}  # fmt: skip
