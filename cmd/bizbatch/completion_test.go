//go:build unix

package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// In each shell, a command, a flag, a checkpoint and an id are completed by
// typing and the tab key.
func TestCompletionInEachShell(t *testing.T) {
	for shell, args := range map[string][]string{
		"bash": {"--norc", "--noprofile", "-i"},
		"zsh":  {"-f", "-i"},
		"fish": {"--no-config", "-i", "-C", "function fish_prompt; echo 'ready> '; end; function fish_greeting; end"},
	} {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("skipped: there is no %s", shell)
			}
			s := newScreen(t, 100)
			s.answer(12)
			s.victim.run("run", "--limit", "2", "--sandbox", "--checkpoint", "my q.bizbatch", "q.csv")
			s.cmd = exec.Command(path, args...)
			s.cmd.Dir = s.victim.dir
			s.cmd.Env = append(os.Environ(), "PS1=ready> ", "PROMPT=ready> ", "HOME="+s.victim.dir, "BIZORA_API_URL=", "GORACE=atexit_sleep_ms=0")
			s.spawn()
			s.await("ready> ")
			s.types(map[string]string{
				"bash": "source <(bizbatch completion bash)\n", "fish": "bizbatch completion fish | source\n",
				"zsh": "autoload -U compinit; compinit -u -D; source <(bizbatch completion zsh)\n",
			}[shell])
			s.types("bizbatch sta\t--js\tmy\t> status.json\n")
			s.until("the status", func() bool { return strings.Contains(s.file("status.json"), `"answered": 2`) })
			s.types("bizbatch sho\tmy\tQ9\t> Q9.txt\n")
			s.until("a question", func() bool { return strings.HasPrefix(s.file("Q9.txt"), "question Q9 · pending") })
			s.types("exit\n")
			s.finish(0)
		})
	}
}

func (s *screen) types(keys string) {
	s.t.Helper()
	if _, err := s.terminal.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) file(name string) string {
	b, _ := os.ReadFile(s.victim.path(name)) // which may not be there yet
	return string(b)
}

func TestComplete(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.bizbatch", "b[1].bizbatch", "c.csv"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	app, err := kong.New(&cli{}, flagVars())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ words, want string }{
		{"", ""}, // the shell gives one word at least
		{"|", "run work ctl sandbox status show export diff review copy prune help version completion"},
		{"s|", "sandbox status show"},
		{"--v|", "--version"},
		{"nonsense x|", ""},
		{"run --ask-|", "--ask-mode-column --ask-mode --ask-again"},
		{"run --ask-mode |", "fast web deep auto"},
		{"run q.csv --ask-mode d|", "deep"},
		{"run --ask-mode=d|", "--ask-mode=deep"},
		{"run --ask-mode = d|", "deep"}, // as bash takes it apart
		{"run --ask-mode =|", "fast web deep auto"},
		{"run --log-format |", "text json"},
		{"run --sources |", "full cited none"},
		{"run --out |", ""}, // any file
		{"run -q|", ""},
		{"run |", ""},
		{"status |", "a.bizbatch b[1].bizbatch"},
		{"status --json b[|", "b[1].bizbatch"},
		{"export --out x.csv a|", "a.bizbatch"},
		{"export -q a|", "a.bizbatch"},
		{"show a.bizbatch |", ""}, // no checkpoint
		{"completion |", "bash zsh fish"},
		{"completion bash |", ""},
		{"help mo|", "money"},
	} {
		var words []string
		if line, ok := strings.CutSuffix(tt.words, "|"); ok {
			words = strings.Split(line, " ")
		}
		got := complete(app.Model, words)
		if !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("%q: %q, want %q", tt.words, got, tt.want)
		}
	}
}
