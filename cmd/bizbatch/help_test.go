//go:build unix

package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"bizbatch/internal/sandbox"
)

// The examples of every command's help can be pasted into a shell, from top to
// bottom.
func TestExamplesOfTheHelp(t *testing.T) {
	server, err := sandbox.Start("", sandbox.Options{Shape: sandbox.Short})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for _, command := range []string{"", "run", "sandbox", "status", "show", "diff", "export", "completion"} {
		t.Run(command, func(t *testing.T) {
			v := victim{t: t, server: server, dir: t.TempDir()}
			rows := "id,client,question\nTQ-001,Harbor & Pine LLC,What is VAT?\nTQ-002,Müller,What is GST?\n"
			if err := os.WriteFile(v.path("questions.csv"), []byte(rows), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(v.path("answer.json"), []byte(`{"properties": {"conclusion": {"type": "string"}}}`), 0o600); err != nil {
				t.Fatal(err)
			}
			v.run("run", "--quiet", "--limit", "1", "questions.csv")
			for shell, lines := range examplesOf(t, v, command) {
				path, err := exec.LookPath(shell)
				if err != nil {
					t.Logf("not pasted, for there is no %s: %s", shell, lines)
					continue
				}
				cmd := v.command()
				cmd.Path, cmd.Args = path, []string{shell, "-c", lines}
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Errorf("%s: %v\n%s\n%s", shell, err, lines, out)
				}
			}
		})
	}
}

// examplesOf are the examples in a command's help, by the shell to paste them
// into. Each must succeed.
func examplesOf(t *testing.T, v victim, command string) map[string]string {
	t.Helper()
	out, err := v.command(strings.Fields(command + " --help")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(out), "\nExamples:\n")
	if !ok {
		t.Fatalf("no examples:\n%s", out)
	}
	text, _, _ = strings.Cut(text, "\n\n")
	scripts := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		shell := "bash"
		for _, other := range []string{"zsh", "fish"} {
			if strings.HasSuffix(line, "# in "+other) {
				shell = other
			}
		}
		if shell == "zsh" { // which has its completion only where someone types
			line = "autoload -U compinit; compinit -u -D; " + strings.TrimSpace(line)
		}
		scripts[shell] += line + "\n"
	}
	if command == "sandbox" { // on a port that is free here, and until the run has ended
		port := freePort(t)
		s := strings.ReplaceAll(scripts["bash"], "8099", port)
		scripts["bash"] = strings.Replace(s, "bizbatch sandbox", "bizbatch sandbox --listen 127.0.0.1:"+port, 1) +
			"code=$?; kill $!; wait $!; exit $code"
		return scripts
	}
	scripts["bash"] = "set -e\n" + scripts["bash"]
	return scripts
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
