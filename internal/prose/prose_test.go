package prose

import "testing"

func TestCleanKeepsTextInOneHarmlessLine(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"ordinary text", "§179: José, 你好 — 50%", "§179: José, 你好 — 50%"},
		{"an escape sequence loses its escape", "\x1b[31mred", " [31mred"},
		{"line breaks and tabs", "a\r\nb\tc", "a  b c"},
		{"line breaks that only Unicode knows", "a\u0085b\u2028c\u2029d", "a b c d"},
		{"text that would run backwards", "a\u202eb\u2066c\u200fd", "a b c d"},
		{"invalid UTF-8", "a\xffb", "a\ufffdb"},
	} {
		if got := Clean(tt.in); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
