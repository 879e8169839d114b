package batch

import (
	"testing"

	"bizbatch/checkpoint"
)

// What was masked in a question is restored in all of its answers, and one that cannot
// be read is none.
func TestVersionsHaveTheOriginals(t *testing.T) {
	masked := originals{"[SSN-1]": `12"3`}
	v := versionOf(checkpoint.Version{Version: 2, Current: true, Run: 3, Cost: 24, Answer: []byte(`{"text": "of [SSN-1]", "finish_reason": "stop"}`)}, masked, []byte(`{}`))
	if v.Answer == nil || v.Answer.Text != `of 12"3` || v.Number != 2 || !v.Current || v.Run != 3 || v.Cost != 24 {
		t.Errorf("the version is %+v with %+v", v, v.Answer)
	}
	for _, damaged := range []string{"", "{"} {
		if v := versionOf(checkpoint.Version{Answer: []byte(damaged)}, nil, nil); v.Answer != nil {
			t.Errorf("of %q the answer is %+v", damaged, v.Answer)
		}
	}
}
