"""Word, Excel and PowerPoint files. `package` opens the ZIP archive that each of them is."""
