package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// IsTerminal reports whether what is written there is painted on a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// Repaint paints a text from the top of the terminal, over what was there. Lines
// that have no room are cut off at the right, and at the bottom.
func Repaint(w io.Writer, text string) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if f, ok := w.(*os.File); ok {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil {
			lines = lines[:min(len(lines), max(1, height-1))]
			for i, line := range lines {
				if runes := []rune(line); len(runes) > width {
					lines[i] = string(runes[:width])
				}
			}
		}
	}
	const top, toEndOfLine, toEnd = "\x1b[H", "\x1b[K", "\x1b[J"
	fmt.Fprint(w, top+strings.Join(lines, toEndOfLine+"\n")+toEndOfLine+"\n"+toEnd)
}
