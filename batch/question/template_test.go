package question

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTemplate(t *testing.T) {
	for _, tt := range []struct {
		name, file, content, template string
		text, subject, skip           string
	}{
		{"dresses the question", "q.csv", "question,state\nIs it taxable?,Ohio\n", "In {{.state}}: {{.question}}\n",
			"In Ohio: Is it taxable?", "Is it taxable?", ""},
		{"reaches columns with spaces in their names", "q.csv", " Client name ,question\nAcme,q\n", `{{index . "Client name"}}: {{.question}}`,
			"Acme: q", "q", ""},
		{"needs no question column", "q.csv", "form,year\n1040,2025\n", "Who files form {{.form}} for {{.year}}?",
			"Who files form 1040 for 2025?", `["1040","2025"]`, ""},
		{"leaves a row without a question out", "q.csv", "question,state\n ,Ohio\nx,y\n", "{{.state}}: {{.question}}", "", "", "no question"},
		{"can come out empty", "q.csv", "a,b\n1,\n1,2\n", " {{.b}} ", "", `["1",""]`, "no question"},
		{"leaves two columns that share a name alone", "q.csv", "a,b,a\n1,2,3\n", "{{.b}}", "2", `["1","2","3"]`, ""},
		{"does not change what is written", "q.csv", "question\n\"<b> & \"\"c\"\"\"\n", "{{.question}}", `<b> & "c"`, `<b> & "c"`, ""},
		{"keeps numbers as they are written", "q.jsonl", `{"income":125000.50,"id":1}`, "Tax on {{.income}}?",
			"Tax on 125000.50?", `{"income":125000.50,"id":1}`, ""},
		{"takes null for nothing", "q.jsonl", `{"question":"q","state":null}`, "{{.question}}{{.state}}", "q", "q", ""},
		{"reaches into values", "q.jsonl", `{"question":"q","forms":[{"no":"1040"}]}`, `{{.question}} {{index .forms 0 "no"}}`, "q 1040", "q", ""},
		{"takes the place of messages", "q.jsonl", `{"messages":[{"role":"user","content":"u"}],"state":"Ohio"}`, "Tax in {{.state}}?",
			"Tax in Ohio?", `[{"role":"user","content":"u"}]`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, _, err := read(t, tt.file, tt.content, Options{Template: tt.template})
			if err != nil && tt.skip == "" || len(r) == 0 {
				t.Fatal(err)
			}
			got := [3]string{r[0].Text, r[0].Subject, r[0].Skip}
			if diff := cmp.Diff([3]string{tt.text, tt.subject, tt.skip}, got); diff != "" {
				t.Errorf("text, subject and skip, -want +got:\n%s", diff)
			}
			if r[0].Messages != nil {
				t.Errorf("messages are left: %v", r[0].Messages)
			}
		})
	}
}

func TestTemplateIsFilledInForEachRow(t *testing.T) {
	got, _, err := read(t, "q.csv", "question\na\nb\n", Options{Template: "Ask {{.question}}"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Ask a", "Ask b"}, []string{got[0].Text, got[1].Text}); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTemplateErrors(t *testing.T) {
	for _, tt := range []struct{ name, file, content, template, err, hint string }{
		{"a template that does not parse", "q.csv", "question\nq\n", "{{.question",
			"--template is not valid: template:1: ", "{{.question}}"},
		{"a column that is there twice", "q.csv", "About,,\nquestion,a , a\nq,1,2\n", "{{.question}} {{.a}}",
			`q.csv:2: "a", which --template uses, is there twice`, "rename one"},
		{"a member that is there twice", "q.jsonl", `{"question":"q","a":1,"a":2}`, "{{.question}} {{.a}}",
			`q.jsonl:1: "a" is there twice`, "rename one"},
		{"a column that is not there", "q.csv", "question,state\nq,Ohio\n", "{{.stat}}",
			"q.csv:2: cannot fill in the template: there is no column \"stat\"", "question, state"},
		{"a condition on a column that is not there", "q.csv", "question,state\nq,Ohio\n", "{{.question}}{{if .stat}}?{{end}}",
			"q.csv:2: cannot fill in the template: there is no column \"stat\"", "question, state"},
		{"a column that is not there, by index", "q.csv", "question,state\nq,Ohio\n", `{{.question}}{{if index . "stat"}}?{{end}}`,
			"q.csv:2: cannot fill in the template: ", "question, state"},
		{"a member that this line lacks", "q.jsonl", "{\"question\":\"q\",\"state\":\"Ohio\"}\n{\"question\":\"q\"}", "{{.state}}",
			"q.jsonl:2: cannot fill in the template: ", "question, state"},
		{"an entry that a list lacks", "q.jsonl", `{"question":"q","forms":[]}`, "{{index .forms 0}}",
			"q.jsonl:1: cannot fill in the template: ", ""},
		{"an entry of text", "q.jsonl", `{"question":"q"}`, `{{index .question 0}}`,
			"q.jsonl:1: cannot fill in the template: ", ""},
		{"a null within a value", "q.jsonl", `{"question":"q","form":{"no":null}}`, "{{.form.no}}",
			"q.jsonl:1: cannot fill in the template: a value in it is null", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(t, tt.file, tt.content, Options{Template: tt.template})
			checkError(t, err, tt.err, tt.hint)
		})
	}
}
