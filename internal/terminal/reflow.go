package terminal

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"
)

// ansi says that the bar is drawn with escape sequences.
const ansi = runtime.GOOS != "windows"

// draw draws the bar anew, over the one that is there. The terminal is not to begin
// a new line meanwhile, for its window may be narrower already than it says.
func (w *Progress) draw(text string, done int) {
	w.unwrap()
	const wrap, noWrap = "\x1b[?7h", "\x1b[?7l"
	if ansi {
		fmt.Fprint(w.printer.err, noWrap)
		defer fmt.Fprint(w.printer.err, wrap)
	}
	w.bar.Describe(text)
	_ = w.bar.Set(done) // beyond its length it fails
	line := strings.TrimSuffix(strings.Trim(w.bar.String(), "\r"), "\x1b[0K")
	w.drawn = utf8.RuneCountInString(strings.TrimRight(line, " "))
}

// clear takes the bar away.
func (w *Progress) clear() {
	if w.bar != nil {
		w.unwrap()
		_ = w.bar.Clear()
	}
}

// unwrap clears the lines that a terminal broke the bar into because the window has
// become narrower since it was drawn. The bar's package knows of one line only.
func (w *Progress) unwrap() {
	if width := columns(w.printer.err); width > 0 && w.drawn > width && reflows(os.LookupEnv) {
		fmt.Fprintf(w.printer.err, "\x1b[%dA\r\x1b[J", (w.drawn-1)/width) // up, and all below
	}
	w.drawn = 0
}

// reflows reports whether the terminal is known to break lines anew when its window
// becomes narrower. Others (xterm, PuTTY, screen, the console) cut them off: there,
// what stands above the bar would be cleared.
func reflows(env func(name string) (string, bool)) bool {
	if _, in := env("STY"); in || !ansi { // screen
		return false
	}
	for _, name := range []string{"TMUX", "VTE_VERSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "ALACRITTY_WINDOW_ID", "WEZTERM_PANE", "WT_SESSION"} {
		if _, in := env(name); in {
			return true
		}
	}
	program, _ := env("TERM_PROGRAM")
	kind, _ := env("TERM") // all that is known behind ssh
	return slices.Contains([]string{"Apple_Terminal", "iTerm.app", "vscode", "ghostty"}, program) ||
		slices.ContainsFunc([]string{"tmux", "xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm"}, func(prefix string) bool { return strings.HasPrefix(kind, prefix) })
}
