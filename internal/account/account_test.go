package account

import (
	"testing"
	"time"
)

func join(t *testing.T, name string) *File {
	t.Helper()
	f, err := Join(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Leave(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// change returns what a run knew, and has all know what it knows now.
func change(t *testing.T, f *File, next string) (known string) {
	t.Helper()
	err := f.Pace(func(kept []byte, now time.Time) []byte {
		if known = string(kept); time.Since(now).Abs() > time.Minute {
			t.Errorf("it is %v, by its clock", now)
		}
		if next == "" {
			return nil
		}
		return []byte(next)
	})
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func TestRunsThatAreOnKnowTheSame(t *testing.T) {
	for _, variable := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(variable, t.TempDir())
	}
	first, second, other := join(t, "one"), join(t, "one"), join(t, "two")
	for i, step := range []struct {
		f           *File
		known, next string
	}{
		{first, "", "a longer one"},
		{second, "a longer one", "b"},
		{second, "b", ""},
		{first, "b", ""},
		{other, "", "c"},
		{first, "b", "d"},
	} {
		if known := change(t, step.f, step.next); known != step.known {
			t.Errorf("step %d: %q is known, want %q", i+1, known, step.known)
		}
	}
	if err := first.Leave(); err != nil {
		t.Fatal(err)
	}
	if known := change(t, join(t, "one"), ""); known != "d" {
		t.Errorf("a run that begins beside another knows %q", known)
	}
}

func TestTheFirstRunBeginsAnew(t *testing.T) {
	for _, variable := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(variable, t.TempDir())
	}
	f, err := Join("one")
	if err != nil {
		t.Fatal(err)
	}
	change(t, f, "of an hour ago")
	if err := f.Leave(); err != nil {
		t.Fatal(err)
	}
	if known := change(t, join(t, "one"), ""); known != "" {
		t.Errorf("a run alone knows %q", known)
	}
}
