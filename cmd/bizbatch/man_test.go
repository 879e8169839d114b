package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"bizbatch/internal/exit"
)

// The manual page is sound roff and has every command and flag.
func TestManPage(t *testing.T) {
	var page, errs bytes.Buffer
	if code := execute(env{args: []string{"__man"}, stdout: &page, stderr: &errs}); code != exit.OK {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	for _, want := range []string{".SH BIZBATCH EXPORT\n", `\fB\-\-max\-spend=DOLLARS\fR`, `\-\-template 'For {{.client}}: {{.question}}'`, ".SH EXIT STATUS\n"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if got := roff(".x\n'y -z \\"); got != `\&.x`+"\n"+`\&'y \-z \e` {
		t.Errorf("roff escapes to %q", got)
	}
	if _, err := exec.LookPath("mandoc"); err != nil {
		t.Skip("mandoc is not installed: the page is not checked")
	}
	lint := exec.Command("mandoc", "-T", "lint", "-W", "error")
	lint.Stdin = &page
	if out, err := lint.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
