package batch

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What there is to look at is counted by the run, and by the checkpoint for as long
// as it has the answer. A check that breaks loses no answer.
func TestAnswersToLookAtAreCounted(t *testing.T) {
	look := func(a *Answer, payload []byte) []string {
		switch {
		case !strings.Contains(string(payload), "question"):
			t.Errorf("the payload is %s", payload)
		case strings.Contains(Asked(payload), "question 1"):
			return []string{"quotation", "amount"}
		case strings.Contains(Asked(payload), "question 2"):
			return []string{"amount"}
		case strings.Contains(Asked(payload), "question 3"):
			panic("a fault in the check")
		}
		return nil
	}
	store := newStore(t)
	importN(t, store, 4)
	sum, err := Run(t.Context(), store, always(Answer{Text: "yes", FinishReason: "stop"}), Options{Check: look})
	if err != nil || sum.Answered != 4 || sum.AnswersToLookAt != 2 {
		t.Fatalf("%+v, %v", sum, err)
	}
	want := map[string]int{"quotation": 1, "amount": 2}
	if diff := cmp.Diff(want, sum.ToLookAt); diff != "" {
		t.Errorf("the run counts (-want +got):\n%s", diff)
	}
	h, err := ReadHistory(store)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, h.ToLookAt); diff != "" || h.AnswersToLookAt != 2 || h.Unchecked != 1 {
		t.Errorf("the checkpoint counts %d, %d of them unchecked (-want +got):\n%s", h.AnswersToLookAt, h.Unchecked, diff)
	}
	for _, rec := range records(t, store) {
		if rec.Answer == nil || !strings.HasPrefix(Asked(rec.Payload), "question ") {
			t.Errorf("%+v", rec)
		}
	}
}

// Without a check, how an answer ended is what there is to look at.
func TestAnAnswerThatEndsEarlyIsToLookAt(t *testing.T) {
	store := newStore(t)
	importN(t, store, 1)
	sum, err := Run(t.Context(), store, always(Answer{Text: "It dep", FinishReason: "length"}), Options{})
	if err != nil || sum.AnswersToLookAt != 1 || sum.ToLookAt["truncated"] != 1 || sum.Truncated != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
	if h, err := ReadHistory(store); err != nil || h.ToLookAt["truncated"] != 1 || h.AnswersToLookAt != 1 || h.Unchecked != 1 {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestAsked(t *testing.T) {
	for payload, want := range map[string]string{
		`{"messages":[{"role":"human","content":"What is § 179?"}],"model":"m"}`:                                         "What is § 179?",
		`{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"\u00a7\n$5?"}]}`:                 "Be brief.\n\n§\n$5?",
		`{"messages":[{"role":"user","content":[{"type":"text","text":"x"}]},{"role":"user","content":"y"},{"role":1}]}`: "y",
		``: "", `{}`: "", `[`: "",
	} {
		if got := Asked([]byte(payload)); got != want {
			t.Errorf("%s asks %q, want %q", payload, got, want)
		}
	}
}
