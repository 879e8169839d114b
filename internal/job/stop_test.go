package job

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/terminal"
)

// TestStopped has, for each kind of stop, what is printed and the exit code.
func TestStopped(t *testing.T) {
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.Local)
	const again = "run the same command again: bizbatch run q.csv"
	left := "       answered 5 of 20 questions, 1 failed, 14 left, about $3.36\n"
	for _, tt := range []struct {
		name    string
		stop    batch.StopError
		options Options
		code    exit.Code
		want    string
	}{
		{"Ctrl-C", batch.StopError{Kind: batch.StopInterrupted, Err: interrupt.Error{Signal: syscall.SIGINT}}, Options{}, 130,
			"error: stopped: received interrupt\n" + left + "hint:  " + again},
		{"SIGTERM", batch.StopError{Kind: batch.StopInterrupted, Err: interrupt.Error{Signal: syscall.SIGTERM}}, Options{}, 143,
			"error: stopped: received terminated\n" + left + "hint:  " + again},
		{"a terminal that closes", batch.StopError{Kind: batch.StopInterrupted, Err: interrupt.Error{Signal: syscall.SIGHUP}}, Options{}, 129,
			"error: stopped: received hangup\n" + left + "hint:  " + again},
		{"an empty balance", batch.StopError{Kind: batch.StopBalance, Err: &batch.Error{Status: 402, Type: "insufficient_balance",
			Message: "Please add credits", HasBalance: true, Balance: 10 * batch.Cent, Cost: 24 * batch.Cent}}, Options{}, 4,
			"error: the balance is used up (402 insufficient_balance: Please add credits)\n" +
				"       the balance was $0.10, the next answer costs $0.24\n" + left + "hint:  add at least $3.26 of credits, then " + again},
		{"an empty balance without details", batch.StopError{Kind: batch.StopBalance, Err: &batch.Error{Status: 402, Message: "pay"}}, Options{}, 4,
			"error: the balance is used up (402 pay)\n" + left + "hint:  add at least $3.36 of credits, then " + again},
		{"a balance that should do", batch.StopError{Kind: batch.StopBalance, Err: &batch.Error{Status: 402, Message: "pay",
			HasBalance: true, Balance: batch.Dollar * 9, Cost: batch.Dollar}}, Options{}, 4,
			"error: the balance is used up (402 pay)\n       the balance was $9.00, the next answer costs $1.00\n" + left + "hint:  add credits, then " + again},
		{"a spending limit", batch.StopError{Kind: batch.StopSpend}, Options{Asking: batch.Options{MaxSpend: batch.Dollar, MaxSpendTotal: 5 * batch.Dollar}}, 4,
			"error: the next answer could exceed the spending limit (--max-spend $1.00, --max-spend-total $5.00); this run spent $0.96\n" +
				"       all runs on this checkpoint spent $2.00, and $0.30 more may have been charged without an answer\n" + left + "hint:  to ask the 14 questions left too, about $3.36: bizbatch run q.csv"},
		{"a spending limit that cannot be kept", batch.StopError{Kind: batch.StopSpend, Err: batch.ErrUnmetered}, Options{Asking: batch.Options{MaxSpend: batch.Dollar}}, 4,
			"error: the answers come without token counts: the spending limit (--max-spend $1.00) cannot be kept\n" + left +
				"hint:  say what an answer costs with --price, or run again without the limit"},
		{"a refused key", batch.StopError{Kind: batch.StopKey, Err: &batch.Error{Status: 401, Message: "no"}}, Options{}, 7,
			"error: the API key was refused (401 no)\n" + left + "hint:  set BIZORA_API_KEY to a valid key, then " + again},
		{"a refused key from a file", batch.StopError{Kind: batch.StopKey, Err: &batch.Error{Status: 403, Message: "no"}}, Options{KeyFile: "k"}, 7,
			"error: the API key was refused (403 no)\n" + left + "hint:  put a valid key into k, then " + again},
		{"a monthly limit", batch.StopError{Kind: batch.StopThrottled, Err: &batch.Error{Status: 429, Message: "month", ResetAt: noon}}, Options{}, 6,
			"error: the service asks to wait for longer than --max-pause 15m (429 month)\n" + left +
				"hint:  after " + noon.Format("Mon 2 Jan 2006 15:04 MST") + ", " + again},
		{"a limit without an end", batch.StopError{Kind: batch.StopThrottled, Err: &batch.Error{Status: 429, Message: "month"}}, Options{}, 6,
			"error: the account's limit is used up (429 month)\n" + left + "hint:  when the limit is reset, " + again},
		{"a service that is down", batch.StopError{Kind: batch.StopDown, Err: &batch.Error{Message: "refused", Unreached: true}}, Options{}, 6,
			"error: the service is down: nothing succeeded for 1m (refused)\n       no question is marked as failed, and no attempt counts\n" + left + "hint:  " + again},
		{"answers without an end", batch.StopError{Kind: batch.StopUnfinished, Err: &batch.Error{Message: "nothing arrived for 3m", Hint: "raise --idle-timeout"}}, Options{}, 6,
			"error: no answer arrives whole (nothing arrived for 3m)\n       0 requests may have been charged, $0.00: no run asks those questions again by itself\n" +
				left + "hint:  raise --idle-timeout; to ask again, add --retry-failed: bizbatch run --retry-failed q.csv"},
		{"answers that take too long", batch.StopError{Kind: batch.StopUnfinished, Err: &batch.Error{Message: "no", Err: batch.ErrAttemptTimeout}}, Options{}, 6,
			"error: no answer arrives whole (no)\n       0 requests may have been charged, $0.00: no run asks those questions again by itself\n" +
				left + "hint:  if answers here take longer, raise --attempt-timeout; to ask again, add --retry-failed: bizbatch run --retry-failed q.csv"},
		{"answers that had no end before", batch.StopError{Kind: batch.StopUnfinished}, Options{}, 6,
			"error: an earlier run stopped because no answer arrived whole; nothing was sent\n" + left +
				"hint:  to ask again, add --retry-failed: bizbatch run --retry-failed q.csv"},
		{"a wrong address", batch.StopError{Kind: batch.StopEndpoint, Err: &batch.Error{Status: 404, Message: "no"}}, Options{}, 6,
			"error: no question can succeed at this address (404 no)\n" + left + "hint:  check --base-url (or BIZORA_API_URL), then " + again},
		{"an address with a remedy", batch.StopError{Kind: batch.StopEndpoint, Err: &batch.Error{Message: "redirect", Hint: "use https"}}, Options{}, 6,
			"error: no question can succeed at this address (redirect)\n" + left + "hint:  use https"},
		{"a refused model", batch.StopError{Kind: batch.StopSettings, Setting: "model", Err: &batch.Error{Status: 404, Message: "no"}}, Options{Asking: batch.Options{Settings: batch.Settings{Model: "my model"}}, Reading: question.Options{Model: "my model"}}, 6,
			"error: the service refuses --model 'my model' (404 no)\n       no question is marked as failed\n" + left + "hint:  check --model 'my model', then " + again},
		{"a refused ask mode", batch.StopError{Kind: batch.StopSettings, Setting: "askMode", Err: &batch.Error{Status: 400, Message: "no"}}, Options{Asking: batch.Options{Settings: batch.Settings{AskMode: "deep"}}}, 6,
			"error: the service refuses --ask-mode deep (400 no)\n       no question is marked as failed\n" + left + "hint:  check --ask-mode deep, then " + again},
		{"a refused ask mode, set as a parameter", batch.StopError{Kind: batch.StopSettings, Setting: "askMode", Err: &batch.Error{Status: 400, Message: "no"}}, Options{}, 6,
			"error: the service refuses --param askMode (400 no)\n       no question is marked as failed\n" + left + "hint:  check --param askMode, then " + again},
		{"a service that does not stream", batch.StopError{Kind: batch.StopSettings, Setting: "stream", Err: &batch.Error{Status: 400, Message: "verify"}}, Options{}, 6,
			"error: the service refuses to stream its answers, which bizbatch needs (400 verify)\n       no question is marked as failed\n" + left +
				"hint:  do what the service says, or use another model, then " + again},
		{"the clock", batch.StopError{Kind: batch.StopClock}, Options{}, 8,
			"error: time is up (--until or --max-duration)\n" + left + "hint:  " + again},
		{"a time that was over before", batch.StopError{Kind: batch.StopClock}, Options{Asking: batch.Options{Until: noon}, Until: "12:00", Reopens: noon.Add(12 * time.Hour)}, 8,
			"error: --until 12:00 passed 3h20m ago; nothing was sent\n" + left +
				"hint:  from 00:00 on, the same command runs until 12:00; to run now, leave out --until, or bound the run with --max-duration"},
		{"a full disk", batch.StopError{Kind: batch.StopSave, Err: errors.New("disk full"), Unsaved: &checkpoint.UnsavedError{Answers: 2, File: "/tmp/r"}}, Options{}, 1,
			"error: answers can no longer be saved: disk full\n       2 answers went to /tmp/r; the next run picks them up from there\n" +
				left + "hint:  free some space or repair the disk, then " + again},
		{"another program's lock", batch.StopError{Kind: batch.StopSave, Err: fmt.Errorf("save an answer: %w", checkpoint.ErrLocked)}, Options{}, 1,
			"error: answers can no longer be saved: another program has locked the checkpoint\n" + left +
				"hint:  end what that program is doing with it (a change in a SQLite browser that is not written yet), then " + again},
		{"no place left at all", batch.StopError{Kind: batch.StopSave, Err: errors.New("disk full"), Unsaved: &checkpoint.UnsavedError{Answers: 1, Printed: 1}}, Options{}, 1,
			"error: answers can no longer be saved: disk full\n       1 answer could only be printed on standard error: put those lines into a file bizbatch-rescue-1.jsonl of mode 0600 beside the checkpoint, and the next run takes them in\n" +
				left + "hint:  free some space or repair the disk, then " + again},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := &job{Options: tt.options}
			j.Command, j.Printer = []string{"run", "q.csv"}, &terminal.Printer{}
			j.KeyVariable, j.AddressHint = "BIZORA_API_KEY", "check --base-url (or BIZORA_API_URL)"
			j.Asking.MaxPause, j.Asking.MaxOutage = 15*time.Minute, time.Minute
			j.sum.Started = noon.Add(3*time.Hour + 20*time.Minute + 9*time.Second)
			j.spent, j.uncertain = 200*batch.Cent, 30*batch.Cent
			j.plan.Answered, j.plan.Pending = 1, map[string]int{"fast": 19}
			j.sum.Answered, j.sum.Failed, j.sum.Left, j.sum.LeftCost, j.sum.Spent = 4, 1, 14, 336*batch.Cent, 96*batch.Cent
			var printed strings.Builder
			code := terminal.Tell(&printed, j.stopped(&tt.stop), false)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if diff := cmp.Diff(tt.want+"\n", printed.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWithValue(t *testing.T) {
	for _, tt := range []struct {
		args         []string
		value, least batch.Money
		want         string
	}{
		{[]string{"run", "--max-spend", "1.00", "q.csv"}, batch.Dollar, 72 * batch.Cent, "run --max-spend 1.00 q.csv"},
		{[]string{"run", "--max-spend", "1.00", "q.csv"}, batch.Dollar, 201 * batch.Cent, "run --max-spend 3 q.csv"},
		{[]string{"run", "--max-spend=1", "q.csv"}, batch.Dollar, 2 * batch.Dollar, "run --max-spend=2 q.csv"},
		{[]string{"run", "--max-spend-total", "9", "q.csv"}, 0, 2 * batch.Dollar, "run --max-spend-total 9 q.csv"},
	} {
		if got := strings.Join(withValue(tt.args, "--max-spend", tt.value, tt.least), " "); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

// Of the answers under earlier settings, those are told that this run did not replace.
func TestAnswersUnderEarlierSettings(t *testing.T) {
	for _, tt := range []struct {
		conflicts *checkpoint.Conflicts
		answered  int
		want      string
	}{
		{nil, 0, ""},
		{&checkpoint.Conflicts{Modes: map[string]int{"fast": 2, "deep": 1}}, 0, "3 answers"},
		{&checkpoint.Conflicts{Modes: map[string]int{"fast": 2, "deep": 1}}, 2, "1 answer"},
		{&checkpoint.Conflicts{Modes: map[string]int{"fast": 2}}, 2, ""},
	} {
		j := &job{plan: batch.Plan{Plan: checkpoint.Plan{Conflicts: tt.conflicts}}}
		j.sum.Answered = tt.answered
		if got, _, _ := strings.Cut(j.earlierLine(), " under "); got != tt.want {
			t.Errorf("%v, %d answered: %q, want %q", tt.conflicts, tt.answered, got, tt.want)
		}
	}
}
