package pace

import (
	"testing"
	"time"
)

// What others leave of the account is nothing for the next run to begin with.
func TestWhatOthersLeaveIsNotKept(t *testing.T) {
	b := Bracket{Pace: 1, Lo: 1}
	if b.Note(time.Now()) == nil {
		t.Error("the pace is not kept")
	}
	b.Odd = oddRefusals
	if note := b.Note(time.Now()); note != nil {
		t.Errorf("kept %s", note)
	}
}

func TestRestoreForgetsWhatCameAfterTheNote(t *testing.T) {
	now := time.Now()
	b := New(8, time.Minute, nil, now)
	b.Lo, b.Pace, b.Proven = 2, 2, true
	before := b.Note(now)
	b.Lo, b.Hi, b.Pace, b.Due = 0.1, 0.2, 0.1, now.Add(10*time.Second)
	b.Restore(before, now)
	if at, _ := b.Next(0); b.Lo != 2 || at.After(now) {
		t.Errorf("lo is %v, and the next is sent at %v; want 2, and now", b.Lo, at.Sub(now))
	}
	if b.Restore(nil, now); b.Pace != 0 {
		t.Errorf("the pace is %v, where none was known", b.Pace)
	}
}
