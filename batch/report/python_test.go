package report_test

import (
	"bytes"
	"os/exec"
	"testing"
)

// python runs a script of Python that needs one of Debian's modules, and returns
// what it prints. Without the module the test is skipped.
func python(t testing.TB, module, script string, args ...string) []byte {
	t.Helper()
	if err := exec.Command("/usr/bin/python3", "-c", "import "+module).Run(); err != nil {
		t.Skip("needs python3-" + module)
	}
	cmd := exec.Command("/usr/bin/python3", append([]string{"-c", script}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return out
}
