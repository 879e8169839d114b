package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/pgtest"
)

// The stories of the command, testdata/*.txtar, one a file. Beside testscript's
// own commands they use those of story_test.go and ledger_test.go; what
// bizbatch does is checked against the ledger of a sandbox that runs in this
// process.
func TestStories(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) }) // after the stories, which run in parallel
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUpStory,
		Condition: func(name string) (bool, error) {
			switch name {
			case "openpyxl":
				return exec.Command("/usr/bin/python3", "-c", "import openpyxl").Run() == nil, nil
			case "postgres":
				return pgtest.Server(), nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox":    inStory((*story).sandbox),
			"serving":    inStory((*story).serving),
			"get":        inStory((*story).get),
			"post":       inStory((*story).post),
			"answer":     inStory((*story).answer),
			"credits":    inStory((*story).credits),
			"questions":  inStory((*story).questions),
			"clock":      inStory((*story).clock),
			"exits":      inStory((*story).exits),
			"start":      inStory((*story).start),
			"signal":     inStory((*story).signal),
			"insist":     inStory((*story).insist),
			"await":      inStory((*story).await),
			"finish":     inStory((*story).finish),
			"ledger":     inStory((*story).ledger),
			"balanced":   inStory((*story).balanced),
			"unbalanced": inStory((*story).unbalanced),
			"killed":     inStory((*story).killed),
			"json":       inStory((*story).json),
			"mode":       inStory((*story).mode),
			"sql":        inStory((*story).sql),
			"database":   inStory((*story).makeDatabase),
			"lock":       inStory((*story).lock),
			"unlock":     inStory((*story).unlock),
		},
	})
}

// secret is the API key of every story. It must appear in no file (noSecret) and
// in nothing that is printed (exits; start prints to files).
const secret = "sk_live_never-to-be-seen"

func TestMain(m *testing.M) {
	testscript.Main(heedful{m}, map[string]func(){"bizbatch": func() {
		shorten("BIZBATCH_TEST_LEASE", &postgres.DefaultLease)
		shorten("BIZBATCH_TEST_AWAY", &postgres.AwayWait)
		main()
	}})
}

// shorten sets a time of the program's to what the environment says.
func shorten(variable string, d *time.Duration) {
	if short, err := time.ParseDuration(os.Getenv(variable)); err == nil {
		*d = short
	}
}

// heedful runs the tests so that no process they start ignores a signal because
// this one does: a job in the background ignores Ctrl-C, one under nohup
// hang-ups.
type heedful struct{ *testing.M }

func (h heedful) Run() int {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	return h.M.Run()
}

func setUpStory(e *testscript.Env) error {
	s := &story{env: e, procs: map[string]*proc{}, urls: map[string]bool{}}
	e.Values[storyKey{}] = s
	for _, dir := range []string{"home", "tmp"} {
		if err := os.Mkdir(filepath.Join(e.WorkDir, dir), 0o700); err != nil {
			return err
		}
	}
	e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
	e.Setenv("TMPDIR", filepath.Join(e.WorkDir, "tmp"))
	e.Setenv("GORACE", "atexit_sleep_ms=0") // a process built with -race would wait a second
	e.Setenv("BIZORA_API_KEY", secret)
	e.Setenv("SECRET", secret)
	e.Defer(func() {
		if err := errors.Join(s.end(), noSecret(e.WorkDir)); err != nil {
			e.T().Fatal(err)
		}
	})
	return nil
}

// noSecret looks for the API key in every file of a story, but those *.key.
func noSecret(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, ".key") {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && bytes.Contains(b, []byte(secret)) {
			err = fmt.Errorf("the API key is in %s", path)
		}
		return err
	})
}
