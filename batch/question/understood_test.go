package question

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch/bizora"
)

func TestUnderstood(t *testing.T) {
	tests := []struct {
		name, file, text string
		opts             Options
		want             Understood
	}{
		{
			name: "the columns and the first question of a table",
			file: "q.csv", text: "Ref,Question,Ask_Mode\nA,,\nB, Is gold taxed? ,deep\nC,Is silver?,\n",
			opts: Options{IDColumn: "ref"},
			want: Understood{HeaderLine: 1, Question: "Question", ID: "Ref", AskMode: "Ask_Mode", First: "Is gold taxed?"},
		},
		{
			name: "a header below empty lines",
			file: "q.csv", text: "\n\nquestion\nIs gold taxed?\n",
			want: Understood{HeaderLine: 3, Question: "question", First: "Is gold taxed?"},
		},
		{
			name: "a question that a template makes",
			file: "q.csv", text: "client,topic\nPine,gold\n",
			opts: Options{Template: "For {{.client}}: {{.topic}}"},
			want: Understood{HeaderLine: 1, First: "For Pine: gold"},
		},
		{
			name: "the members of the first question, and what later ones have besides, not those of a line without one",
			file: "q.jsonl", text: `{"client":"Pine","id":"1"}` + "\n" + `{"Prompt":"Is gold taxed?","custom_id":"A"}` + "\n" + `{"question":"Is silver?","Ask_Mode":"deep","id":"2"}` + "\n",
			want: Understood{Question: "Prompt", ID: "custom_id", AskMode: "Ask_Mode", First: "Is gold taxed?"},
		},
		{
			name: "the last message of a conversation",
			file: "q.jsonl", text: `{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Is gold taxed?"}]}` + "\n",
			want: Understood{Question: "messages", First: "Is gold taxed?"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opts.AskModes = bizora.AskModes
			r, err := NewReader(strings.NewReader(tt.text), tt.file, tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range r.Questions() {
				if err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tt.want, r.Understood()); diff != "" {
				t.Errorf("understood (-want +got):\n%s", diff)
			}
		})
	}
}
