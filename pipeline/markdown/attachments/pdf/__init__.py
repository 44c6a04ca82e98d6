"""A PDF as Markdown, from the places of its characters.

`document` opens the file and joins its pages. `page/` reads a page's words and drawing; `lines`
joins words, `grids` finds tables between ruled lines, `columns` the order of reading, `aligned`
tables without lines. `running` finds heads and feet, `styles` what makes a heading; `flow` joins
lines to paragraphs and headings, `items` to lists, `code` to code.
"""
