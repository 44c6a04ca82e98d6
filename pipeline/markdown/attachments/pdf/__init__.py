"""A PDF as Markdown, from the places of its characters.

`document` opens the file and joins its pages. `words` reads a page's words, `strokes` its ruled
lines; `grids` finds tables between them, `columns` the order of reading, `rows` the lines of a
column and tables without lines. `running` finds heads and feet; `styles` what makes a heading;
`flow` joins lines to paragraphs, lists, headings and code.
"""
