package interrupt

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Which signals stop a run, and which of them have it leave at once.
func TestHeed(t *testing.T) {
	const intr, term, hup, quit = syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT
	type sent struct {
		at  time.Duration
		sig os.Signal
	}
	for _, tt := range []struct {
		name string
		sent []sent
		want string
	}{
		{"no signal", nil, ""},
		{"one", []sent{{0, term}}, "stop: terminated"},
		{"two at once, as timeout sends them", []sent{{0, term}, {0, term}}, "stop: terminated"},
		{"two hang-ups, as a terminal sends them that closes", []sent{{0, hup}, {50 * time.Millisecond, hup}}, "stop: hangup"},
		{"the second too early", []sent{{time.Hour, intr}, {time.Hour + 2*time.Second - 1, intr}}, "stop: interrupt"},
		{"the second after 2 s", []sent{{time.Hour, intr}, {time.Hour + 2*time.Second, intr}}, "stop: interrupt, leave: interrupt"},
		{"another one as the second", []sent{{0, intr}, {time.Minute, term}}, "stop: interrupt, leave: terminated"},
		{"many: the time runs from the first", []sent{{0, intr}, {time.Second, intr}, {1500 * time.Millisecond, intr}, {2100 * time.Millisecond, intr}},
			"stop: interrupt, leave: interrupt"},
		{"a hang-up is never the second", []sent{{0, intr}, {time.Minute, hup}, {time.Hour, hup}}, "stop: interrupt"},
		{"nor after another hang-up", []sent{{0, hup}, {time.Minute, hup}, {time.Hour, hup}}, "stop: hangup"},
		{"Ctrl-\\ needs no second", []sent{{0, quit}}, "leave: quit"},
		{"nor 2 s after a first", []sent{{0, intr}, {time.Millisecond, quit}}, "stop: interrupt, leave: quit"},
		{"a hang-up is a first", []sent{{0, hup}, {time.Second, term}, {2 * time.Second, term}}, "stop: hangup, leave: terminated"},
	} {
		synctest.Test(t, func(t *testing.T) {
			signals, done := make(chan os.Signal), make(chan struct{})
			var got []string
			note := func(what string) func(Error) {
				return func(e Error) { got = append(got, what+": "+e.Signal.String()) }
			}
			go heed(signals, done, note("stop"), note("leave"))
			begun := time.Now()
			for _, s := range tt.sent {
				time.Sleep(time.Until(begun.Add(s.at)))
				signals <- s.sig
			}
			close(done)
			synctest.Wait()
			if got := strings.Join(got, ", "); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		})
	}
}
