package terminal

import (
	"strings"
	"testing"
)

func TestValuesOfHeadersAreNotShown(t *testing.T) {
	for given, want := range map[string]string{
		"run --header|X-Key: abc|q.csv":          "bizbatch run --header 'X-Key: …' q.csv",
		"run --header=X-Key: abc|q.csv":          "bizbatch run '--header=X-Key: …' q.csv",
		"run --header|Authorization: @k|q.csv":   "bizbatch run --header 'Authorization: @k' q.csv",
		"run --header|nothing|q.csv":             "bizbatch run --header 'nothing: …' q.csv",
		"run --header-like|X-Key: abc|--header=": "bizbatch run --header-like 'X-Key: abc' '--header=: …'",
	} {
		args := strings.Split(strings.Replace(given, "run ", "run|", 1), "|")
		if got := CommandLine(args); got != want {
			t.Errorf("%s is shown as %s, want %s", given, got, want)
		}
	}
}

// The shell's and systemd's own names for a key's file mean nothing to a user.
func TestNamesOfPipesAndCredentialsAreNotShown(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "/run/credentials/bizbatch.service")
	for given, want := range map[string]string{
		"--api-key-file /dev/fd/63 q.csv":                              "bizbatch --api-key-file <(…) q.csv",
		"--api-key-file=/proc/self/fd/11":                              "bizbatch --api-key-file=<(…)",
		"--api-key-file /run/credentials/bizbatch.service/bizora-key":  "bizbatch --api-key-file ${CREDENTIALS_DIRECTORY}/bizora-key",
		"--api-key-file=/run/credentials/bizbatch.service/bizora-key":  "bizbatch --api-key-file=${CREDENTIALS_DIRECTORY}/bizora-key",
		"--api-key-file /run/credentials/another.service/bizora-key":   "bizbatch --api-key-file /run/credentials/another.service/bizora-key",
		"--out /dev/fdx --api-key-file=dev/fd/63 --checkpoint /dev/fd": "bizbatch --out /dev/fdx --api-key-file=dev/fd/63 --checkpoint /dev/fd",
	} {
		if got := CommandLine(strings.Fields(given)); got != want {
			t.Errorf("%s is shown as %s, want %s", given, got, want)
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
		if got := CommandLine(tt.args); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := QuoteFile("-odd.csv"); got != "./-odd.csv" {
		t.Errorf("a name with a leading dash: %s", got)
	}
}
