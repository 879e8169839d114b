package terminal

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"bizbatch/batch"
	"bizbatch/internal/exit"
)

// What stands beside the bar, the most important first; the rest only where
// there is room for it.
func TestTextBesideTheBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		clock := func(d time.Duration) string { return now.Add(d).Format(time.TimeOnly) }
		running := batch.Progress{Total: 40, Answered: 10, InFlight: 8, Spent: 4 * batch.Dollar}
		failed, paused := running, running
		failed.Failed = 2
		paused.PausedUntil = now.Add(2 * time.Minute)
		for _, tt := range []struct {
			name string
			p    batch.Progress
			e    batch.Event
			room int
			want string
		}{
			{"all of it", running, batch.Event{}, 80, "5m left · 0s elapsed · $4.00, $8.00 to come · 8 in flight · 6.0 a minute"},
			{"failures count as money that is not spent", failed, batch.Event{}, 90, "5m left · 0s elapsed · $4.00, $7.40 to come · 8 in flight · 2 failed · 6.0 a minute"},
			{"little room", running, batch.Event{}, 32, "5m left · $4.00, $8.00 to come"},
			{"less room", running, batch.Event{}, 22, "5m left · $4.00"},
			{"less room, with failures", failed, batch.Event{}, 22, "$4.00 · 2 failed"},
			{"less", running, batch.Event{}, 5, "$4.00"},
			{"hardly any", running, batch.Event{}, 3, "$4."},
			{"none", running, batch.Event{}, -4, ""},
			{"paused", paused, batch.Event{}, 90, "paused until " + clock(2*time.Minute) + " · 7m left · 0s elapsed · $4.00, $8.00 to come · 8 in flight"},
			{"paused, 80 columns", paused, batch.Event{}, 50, "paused until " + clock(2*time.Minute) + " · 7m left · $4.00"},
			{"paused, little room", paused, batch.Event{}, 29, "paused until " + clock(2*time.Minute) + " · $4.00"},
			{"waiting for credits", running, batch.Event{Kind: batch.EventWaiting, For: batch.StopBalance, Wait: time.Minute}, 65,
				"next try " + clock(time.Minute) + ", waiting for credits · $4.00, $8.00 to come"},
			{"waiting for a limit, little room", running, batch.Event{Kind: batch.EventWaiting, For: batch.StopThrottled, Wait: time.Minute}, 23,
				"0s elapsed · $4.00"},
			{"an outage", running, batch.Event{Kind: batch.EventOutage, Wait: time.Second}, 50,
				"next try " + clock(time.Second) + ", nothing succeeds · $4.00"},
			{"an outage is over", running, batch.Event{Kind: batch.EventResumed}, 17, "5m left · $4.00"},
		} {
			w := &Progress{printer: New(io.Discard, io.Discard, Options{Log: "text"}), standing: standing{estimate: 12 * batch.Dollar, rate: rate{begun: now, before: 6}}}
			tt.e.Progress = tt.p
			w.Event(tt.e)
			got := w.text(now, tt.room)
			if got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
			if n := utf8.RuneCountInString(got); n > max(0, tt.room) {
				t.Errorf("%s: %d characters, room for %d", tt.name, n, tt.room)
			}
		}
	})
}

// What the service says is told in one harmless line, wherever it is told.
func TestWhatIsToldAsItComesIsClean(t *testing.T) {
	const said, clean = "slow\x1b[31m\u009b\u202e\ndown", "slow [31m   down"
	for name, tt := range map[string]struct {
		options Options
		bar     bool
		want    string
	}{
		"the text log":        {Options{Log: "text"}, false, `error="` + clean + `"`},
		"the JSON log":        {Options{Log: "json"}, false, `"error":"` + clean + `"`},
		"a quiet run":         {Options{Quiet: true, Log: "text"}, false, "waiting for credits: " + clean + "\n"},
		"a quiet run in JSON": {Options{Quiet: true, Log: "json"}, false, `"msg":"waiting for credits: ` + clean + `"`},
		"above the bar":       {Options{Log: "text"}, true, "waiting for credits: " + clean + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var printed bytes.Buffer
			w := &Progress{printer: New(io.Discard, &printed, tt.options)}
			if tt.bar {
				w.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(&printed))
			}
			e := batch.Event{Kind: batch.EventWaiting, For: batch.StopBalance, Question: "Q1", Err: errors.New(said)}
			w.Event(e)
			w.Waits(e, &exit.Error{Hint: "add " + said})
			if !strings.Contains(printed.String(), tt.want) || !strings.Contains(printed.String(), "add "+clean) {
				t.Errorf("printed %q, want %q in it", printed.String(), tt.want)
			}
		})
	}
}

// A wait is told to the millisecond, and its end in whole seconds is not before it.
func TestTheEndOfAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(100 * time.Millisecond)
		var printed bytes.Buffer
		w := &Progress{printer: New(io.Discard, &printed, Options{Log: "text"})}
		w.Event(batch.Event{Kind: batch.EventPause, Wait: 2264 * time.Millisecond})
		if end := time.Now().Add(2900 * time.Millisecond).Format("until=2006-01-02T15:04:05.000"); !strings.Contains(printed.String(), "wait_seconds=2.264 "+end) {
			t.Errorf("printed %q, want %s", printed.String(), end)
		}
	})
}

// Of many short pauses the log tells one in each interval, and each that is longer.
func TestShortPausesAreToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var printed bytes.Buffer
		w := &Progress{printer: New(io.Discard, &printed, Options{Log: "text", Interval: time.Minute})}
		for i := range 90 {
			e := batch.Event{Kind: batch.EventPause, Wait: time.Second}
			if i == 20 {
				e.Wait = 5 * time.Second
			}
			w.Event(e)
			time.Sleep(time.Second)
		}
		var told []string
		for line := range strings.Lines(printed.String()) {
			told = append(told, strings.TrimSpace(line[strings.LastIndex(line, " "):]))
		}
		if len(told) != 3 || !strings.HasPrefix(told[0], "until=") || told[1] != "untold=19" || told[2] != "untold=59" {
			t.Errorf("%q, want three lines, with 19 and 59 untold", told)
		}
	})
}

// The time left falls while a pause is on whose end is known.
func TestTimeLeftInAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &Progress{printer: New(io.Discard, io.Discard, Options{Log: "text"}), standing: standing{rate: rate{begun: time.Now()}}}
		p := batch.Progress{Total: 40}
		for range 10 {
			time.Sleep(10 * time.Second)
			p.Answered++
			w.Event(batch.Event{Kind: batch.EventAnswered, Progress: p})
		}
		p.PausedUntil = time.Now().Add(2 * time.Minute)
		w.Event(batch.Event{Kind: batch.EventPause, Progress: p})
		last := w.timeLeft(time.Now())
		for range 11 {
			time.Sleep(10 * time.Second)
			left := w.timeLeft(time.Now())
			if left >= last {
				t.Errorf("%v left after %v", left, last)
			}
			last = left
		}
	})
}
