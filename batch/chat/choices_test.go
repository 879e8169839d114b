package chat

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"bizbatch/batch"
)

// choiceOf is a chunk with a part of the text in the choice with this index.
func choiceOf(index int, words, finish string) string {
	return strings.Replace(chunkOf(words, finish), `"index":0`, fmt.Sprintf(`"index":%d`, index), 1)
}

// A choice that comes alone is the answer whatever its index.
func TestOneChoiceOfAnyIndex(t *testing.T) {
	const null, stopped = "null", `"stop"`
	for name, stream := range map[string]string{
		"always 1":                      choiceOf(1, "one ", null) + choiceOf(1, "two ", null) + choiceOf(1, "three", null) + choiceOf(1, "", stopped),
		"tokens counted from 0":         choiceOf(0, "one ", null) + choiceOf(1, "two ", null) + choiceOf(2, "three", stopped),
		"tokens counted from 1":         choiceOf(1, "one ", null) + choiceOf(2, "two ", null) + choiceOf(3, "three", stopped),
		"1 for the text after thoughts": `data: {"choices":[{"index":0,"delta":{"reasoning":"hm"}}]}` + "\n\n" + choiceOf(1, "one ", null) + choiceOf(1, "two three", null) + choiceOf(0, "", stopped),
		"1 after an early reason":       choiceOf(0, "", stopped) + choiceOf(1, "one two ", null) + choiceOf(1, "three", stopped),
		"1, and then the token counts":  choiceOf(1, "one two three", stopped) + choiceOf(0, "", null),
	} {
		for _, end := range []string{done, ""} {
			answer, err := askStream(t, stream+end)
			if err != nil || answer.Text != "one two three" || answer.FinishReason != "stop" {
				t.Errorf("%s: got %+v, %v", name, answer, err)
			}
		}
	}
	object := strings.Replace(wholeObject, `"index":0`, `"index":1`, 1)
	answer, err := serve(t, called("application/json", sending(object))).Ask(t.Context(), question)
	if err != nil || answer.Text != "yes" {
		t.Errorf("an object: got %+v, %v", answer, err)
	}
}

// Of several choices, the first is the answer, and the others are kept beside it.
func TestSeveralChoices(t *testing.T) {
	const null, stopped = "null", `"stop"`
	asked := batch.Request{Payload: []byte(`{"messages":[{"content":"a","role":"user"}],"n":2}`)}
	both := `data: {"choices":[{"index":1,"delta":{"content":"B"}},{"index":0,"delta":{"content":"on"}}]}` + "\n\n"
	for name, test := range map[string]struct {
		request batch.Request
		stream  string
	}{
		"asked for, in turns":         {asked, choiceOf(1, "B", null) + choiceOf(0, "o", null) + choiceOf(1, "C", stopped) + choiceOf(0, "ne", stopped)},
		"asked for, after each other": {asked, choiceOf(0, "one", stopped) + choiceOf(1, "B", null) + choiceOf(1, "C", stopped)},
		"in one chunk":                {question, both + choiceOf(1, "C", stopped) + choiceOf(0, "e", stopped)},
	} {
		answer, err := serve(t, sending(test.stream+done)).Ask(t.Context(), test.request)
		if others := answer.Extra["chunk.choices"]; err != nil || answer.Text != "one" || len(others) != 2 || !json.Valid(others[0]) {
			t.Errorf("%s: got %+v, %v", name, answer, err)
		}
	}
}

// Choices that are several all of a sudden are not mixed into one text.
func TestSeveralChoicesAreNotMixed(t *testing.T) {
	const null, stopped = "null", `"stop"`
	for name, stream := range map[string]string{
		"in turns":         choiceOf(0, "one ", null) + choiceOf(1, "B", null) + choiceOf(0, "two", null) + choiceOf(1, "", stopped) + choiceOf(0, "", stopped),
		"after each other": choiceOf(0, "one ", null) + choiceOf(0, "two", stopped) + choiceOf(1, "B", stopped),
		"in other chunks":  choiceOf(1, "B", null) + `data: {"choices":[{"index":0,"delta":{"content":"one"}},{"index":1,"delta":{"content":"C"}}]}` + "\n\n" + choiceOf(0, "", stopped),
	} {
		_, err := askStream(t, stream+done)
		if e := failure(t, err); !e.MaybeCharged || !e.Fatal || !strings.Contains(e.Hint, "--param n=1") {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}
