package terminal

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text safe to print on a terminal, in one line: control
// characters, those that break lines and those that change the direction of
// what follows become spaces. Names of files and text from the network may
// hold them.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if isObeyed(r) {
			return ' '
		}
		return r
	}, s)
}

// isObeyed reports a character that a terminal does not show but obeys.
func isObeyed(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// A jsonWriter escapes in JSON the characters that a terminal obeys, as far as
// JSON itself leaves them as they are. To programs it says the same.
type jsonWriter struct{ w io.Writer }

func (j jsonWriter) Write(p []byte) (int, error) {
	b := make([]byte, 0, len(p))
	for _, r := range string(p) {
		if r > '~' && isObeyed(r) {
			b = fmt.Appendf(b, `\u%04x`, r)
		} else {
			b = utf8.AppendRune(b, r)
		}
	}
	if _, err := j.w.Write(b); err != nil {
		return 0, err
	}
	return len(p), nil
}

// jsonLog logs in JSON.
func jsonLog(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(jsonWriter{w}, nil)) }
