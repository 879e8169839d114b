package report_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch/report"
)

// jobVariable names the way in which this binary writes the file that is its
// argument, instead of doing its tests.
const jobVariable = "REPORT_TEST_JOB"

var jobs = map[string]func(path string) error{
	"Create": func(path string) error {
		f, err := report.Create(path, oneColumn, report.Options{})
		if err != nil {
			return err
		}
		return errors.Join(f.Write(row("What is VAT?")), f.Commit())
	},
	"WriteFile": func(path string) error { return report.WriteFile(path, []byte("{}\n")) },
	"a file that is only renamed": func(path string) error {
		return errors.Join(os.WriteFile(path+".tmp", []byte("{}\n"), 0o600), os.Rename(path+".tmp", path))
	},
}

func TestMain(m *testing.M) {
	if job := jobs[os.Getenv(jobVariable)]; job != nil {
		if err := job(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	m.Run()
}

// A loss of power after a file has its name must not take its content away, nor
// the name. The last row is a control: the test sees that a sync is missing.
func TestAFileIsSyncedBeforeItHasItsNameAndItsFolderAfter(t *testing.T) {
	if out, err := exec.Command("strace", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("strace does not work here: %v %s", err, out)
	}
	safe := []string{"write the file", "sync the file", "rename the file", "sync the folder"}
	for job, want := range map[string][]string{
		"Create":                      safe,
		"WriteFile":                   safe,
		"a file that is only renamed": {"write the file", "rename the file"},
	} {
		t.Run(job, func(t *testing.T) {
			if diff := cmp.Diff(want, traced(t, job)); diff != "" {
				t.Errorf("what was done, in this order (-want +got):\n%s", diff)
			}
		})
	}
}

// systemCall is a line of strace: the call, the file that a descriptor is of,
// or the name in quotation marks.
var systemCall = regexp.MustCompile(`(?m)^\d+ +(?:p|f|fdata)?(write|sync|rename)\w*\((?:\d+<([^>]*)>|[^"]*"([^"]*)")`)

// traced does a job in a process of its own and returns what the system was
// asked to do in the folder, in order.
func traced(t *testing.T, job string) (done []string) {
	t.Helper()
	folder, err := filepath.EvalSymlinks(t.TempDir()) // as strace names it
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command("strace", "-f", "-y", "-e", "trace=/write|sync|rename", "-o", trace, exe, filepath.Join(folder, "answers.csv"))
	cmd.Env = append(os.Environ(), jobVariable+"="+job, "GORACE=atexit_sleep_ms=0") // with -race it would wait a second
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, call := range systemCall.FindAllStringSubmatch(read(t, trace), -1) {
		what, file := call[1], call[2]+call[3]
		switch {
		case file == folder:
			done = append(done, what+" the folder")
		case strings.HasPrefix(file, folder):
			done = append(done, what+" the file")
		}
	}
	return done
}
