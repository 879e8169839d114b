package terminal

import (
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"

	"bizbatch/internal/prose"
)

// A jsonWriter escapes in JSON the characters that a terminal obeys, as far as
// JSON itself leaves them as they are. To programs it says the same.
type jsonWriter struct{ w io.Writer }

func (j jsonWriter) Write(p []byte) (int, error) {
	b := make([]byte, 0, len(p))
	for _, r := range string(p) {
		if r > '~' && prose.Obeyed(r) {
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
