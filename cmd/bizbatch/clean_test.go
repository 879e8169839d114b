package main

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
		if got := clean(tt.in); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCommandLineCanBeTypedAgain(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"plain words stay as they are", []string{"run", "--base-url", "http://127.0.0.1:8099/v1", "a.csv"}, "bizbatch run --base-url http://127.0.0.1:8099/v1 a.csv"},
		{"spaces are quoted", []string{"run", "my file.csv"}, "bizbatch run 'my file.csv'"},
		{"quotes are quoted", []string{"it's"}, `bizbatch 'it'\''s'`},
		{"what a shell would expand is quoted", []string{"$HOME", "~", "a*", "?", "#1"}, `bizbatch '$HOME' '~' 'a*' '?' '#1'`},
		{"an empty word", []string{"--id-column", ""}, "bizbatch --id-column ''"},
		{"line breaks keep the line whole", []string{"--template", "It's\n{{.q}} \"x\""}, `bizbatch --template $'It\'s\n{{.q}} "x"'`},
	} {
		if got := commandLine(tt.args); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := quoteFile("-odd.csv"); got != "./-odd.csv" {
		t.Errorf("a name with a leading dash: %s", got)
	}
}
