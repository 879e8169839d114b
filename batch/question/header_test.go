package question

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheHeaderIsFound(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		opts          Options
		columns       string
		rows          []string
	}{
		{"below a title", "Open tax questions,,\nid,question,client\n1,Is it taxable?,Acme\n", Options{},
			"id,question,client", []string{`3 1 ["1","Is it taxable?","Acme"]`}},
		{"below titles of other widths", "Open tax questions\n\nof,Harbor & Pine,LLC,and others\nid,question\n1,a\n", Options{},
			"id,question", []string{`5 1 ["1","a"]`}},
		{"below titles in pairs, as long as the table is wider", "Client:,Acme\nDate:,2025-04-15\nRef,Question,Due\nA1,a,May\n", Options{},
			"Ref,Question,Due", []string{`4 1 ["A1","a","May"]`}},
		{"below titles as wide as the table, if it has an id", "Client:,Acme\nid,question\n1,a\n", Options{},
			"id,question", []string{`3 1 ["1","a"]`}},
		{"below titles as wide as the table, if its id is named", "Client:,Acme\nRef,question\n1,a\n", Options{IDColumn: "REF"},
			"Ref,question", []string{`3 1 ["1","a"]`}},
		{"below the title of a list", "Open tax questions\nQuestion\nIs it taxable?\n", Options{},
			"Question", []string{`3 1 ["Is it taxable?"]`}},
		{"by the name of a column that is asked for", "question of the day\nid,Frage\n1,a\n", Options{QuestionColumn: "frage"},
			"id,Frage", []string{`3 1 ["1","a"]`}},
		{"by its row", "text,note\n\"a\nb\",x\nid,question\n1,a\n", Options{HeaderRow: 4},
			"id,question", []string{`5 1 ["1","a"]`}},
		{"by the names that a template uses", "Questions\nref,client,topic\n1,Acme,boot\n", Options{Template: `{{.client}}: {{index . "topic"}}`},
			"ref,client,topic", []string{`3 1 ["1","Acme","boot"]`}},
		{"in the first row where a template names no column", "ref,topic\nquestion,a\n", Options{Template: `{{range .}}{{.}}{{end}}`},
			"ref,topic", []string{`2 1 ["question","a"]`}},
		{"nowhere: a list has none", "Is it taxable?\nWhen?\n", Options{NoHeader: true},
			"question", []string{`1 1 ["Is it taxable?"]`, `2 2 ["When?"]`}},
		{"nowhere: rows may lack a question", "1,a\n2,\n", Options{NoHeader: true, QuestionColumn: "B"},
			"A,B", []string{`1 1 ["1","a"]`, `2 2 ["2",""]`}},
		{"nowhere: a column can be a letter", "Q-1,Is it?\nQ-2,When?\n", Options{NoHeader: true, QuestionColumn: "b", IDColumn: "A"},
			"A,B", []string{`1 Q-1 ["Q-1","Is it?"]`, `2 Q-2 ["Q-2","When?"]`}},
		{"nowhere: a column can be a number", "Q-1,Is it?\n", Options{NoHeader: true, QuestionColumn: "2", IDColumn: "1"},
			"A,B", []string{`1 Q-1 ["Q-1","Is it?"]`}},
		{"nowhere: a template can use the letters", "Acme,boot\n", Options{NoHeader: true, Template: "{{.A}}: {{.B}}"},
			"A,B", []string{`1 1 ["Acme","boot"]`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, in, err := read(t, "q.csv", tt.content, tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			if columns := strings.Join(in.Columns, ","); columns != tt.columns {
				t.Errorf("columns %s, want %s", columns, tt.columns)
			}
			if diff := cmp.Diff(tt.rows, rowsOf(got)); diff != "" {
				t.Errorf("rows, -want +got:\n%s", diff)
			}
		})
	}
}

func TestNamesMatchAsPeopleWriteThem(t *testing.T) {
	for _, header := range []string{
		"Question ID,QUESTION,Ask Mode", "question-id,question,ask-mode", "Question_ID , Question\u00a0,Mode",
		"\u200bid,ques\u00adtion,AskMode", "\uFEFFID,\u2060Prompt\u200b,ASK\u00a0MODE", "\"custom\n id\",text,\"ask\r\nmode\"",
		"custom\u2011id,query,ask\u2010 mode",
	} {
		got, _, err := read(t, "q.csv", header+"\nQ-7,Is it?,deep\n", Options{})
		if err != nil {
			t.Errorf("%q: %v", header, err)
		} else if q := got[0]; q.ID != "Q-7" || q.Text != "Is it?" || q.AskMode != "deep" {
			t.Errorf("%q: id %q, question %q, ask mode %q", header, q.ID, q.Text, q.AskMode)
		}
	}
	got, _, err := read(t, "q.csv", "question,mode,Wie\nIs it?,by mail,web\n", Options{AskModeColumn: "wie"})
	if err != nil || got[0].AskMode != "web" {
		t.Errorf("a named column: %v, %v", got, err)
	}
}

func TestOneOfTwoAlikeNamesCanBeNamed(t *testing.T) {
	got, _, err := read(t, "q.csv", "My Question,my-question\na,b\n", Options{QuestionColumn: "my-question"})
	if err != nil || got[0].Text != "b" {
		t.Errorf("read %v, %v", got, err)
	}
	_, _, err = read(t, "q.csv", "My Question,my-question\na,b\n", Options{QuestionColumn: "my_question"})
	checkError(t, err, `q.csv:1: "my_question" is there twice`, "rename")
}

// A headerCase is a CSV file, and the error that reading it ends with; none: it can be read.
type headerCase struct {
	name, content string
	opts          Options
	err, hint     string
}

func readHeaders(t *testing.T, cases []headerCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(t, "q.csv", tt.content, tt.opts)
			if tt.err != "" {
				checkError(t, err, tt.err, tt.hint)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestARowOfATableIsNotTakenForItsHeader reads tables whose question column has a
// name that is not known, and in which another column holds such a name.
func TestARowOfATableIsNotTakenForItsHeader(t *testing.T) {
	tickets := "Ticket ID,Subject,Type\n101,Can I deduct rent?,Problem\n102,What is basis?,Question\n103,How is it computed?,Incident\n"
	readHeaders(t, []headerCase{
		{"a type of tickets", tickets, Options{},
			"q.csv:3: this row names a column that is looked for, but the header may be row 1 (Ticket ID, Subject, Type)", "--header-row 1 and name the column that holds the question with --question-column; if this row is the header, add --header-row 3"},
		{"and again", tickets + "104,When is it due?,Question\n", Options{}, "q.csv:3: this row names a column", "--header-row 1"},
		{"and twice in a row", "Ref,Subject,Kind,Type\n1,a,Question,question\n", Options{}, "q.csv:2: this row names a column", "--header-row 1"},
		{"in the row below the header", "Nr;Frage;Typ\n1;Ist die Miete absetzbar?;Text\n2;Wie hoch?;Zahl\n", Options{},
			"q.csv:2: this row names a column that is looked for, but the header may be row 1 (Nr, Frage, Typ)", "--header-row 1"},
		{"below titles", "Tickets\nClient:,Acme\n" + tickets, Options{}, "q.csv:5: this row names a column that is looked for, but the header may be row 3", "--header-row 3"},
		{"in a row that lacks cells", "Ref,Subject,Type,Notes\n,,Question,\n3,How?,Incident,x\n", Options{}, "q.csv:2: this row names", "--header-row 1"},
		{"below a header that lacks a name", ",Frage,Typ\n0,Wie hoch?,Text\n", Options{}, "q.csv:2: this row names", "--header-row 1"},
		{"where there is no header", "1,Is it?,Problem\n2,What?,Question\n", Options{}, "q.csv:2: this row names", "if there is none, add --no-header"},
		{"by the name of a column that is asked for", "Ref,Subject,Type\nA,How?,Frage\n", Options{QuestionColumn: "frage"}, "q.csv:2: this row names", "--header-row 1"},
		{"by a name in the template", "Ref,Subject,Type\nA,How?,topic\n", Options{Template: "{{.topic}}"}, "q.csv:2: this row names", "--header-row 1"},
		{"unless it was said that it is the header", tickets, Options{HeaderRow: 3}, "", ""},
		{"unless it was said which row is", tickets, Options{HeaderRow: 1, QuestionColumn: "subject"}, "", ""},
	})
	_, _, err := read(t, "q.xlsx", workbook(t, [][]any{{"Ticket", "Subject", "Type"}, {1, "Is it?", "Question"}, {2, "What?", "Task"}}), Options{})
	checkError(t, err, `q.xlsx, sheet "Sheet1", row 2: this row names a column that is looked for, but the header may be row 1 (Ticket, Subject, Type)`, "--header-row 1")
}

func TestWhereNoHeaderIsFound(t *testing.T) {
	list := "Is it taxable?\nWhen is it due?\nDoes it count as boot?\nLast?\n"
	readHeaders(t, []headerCase{
		{"the first cells of the only column are shown", list, Options{},
			`q.csv:1: no question column (found: Is it taxable?); the first cells of the column are "Is it taxable?", "When is it due?", "Does it count as boot?"`, `--question-column "Is it taxable?"; if it is a question, add --no-header`},
		{"a long cell is cut", strings.Repeat("wörd ", 50) + "\nb\n", Options{},
			"q.csv:1: no question column", `--question-column "` + strings.TrimSpace(strings.Repeat("wörd ", 12)) + ` …"`},
		{"rows that look like one are named", "Open questions,,\nfor Acme,,\nRef,Frage,Mandant\n1,Ist es?,Acme\n", Options{},
			"q.csv:3: no question column (found: Ref, Frage, Mandant)", "row 3 (Ref, Frage, Mandant) (--header-row 3)"},
		{"the first row may be no header", "1,What is basis?\n2,Is rent deductible?\n", Options{},
			"q.csv:1: no question column (found: 1, What is basis?)", "if the file has no header, add --no-header --question-column B"},
		{"also if a column was named", "1,What is basis?\n", Options{QuestionColumn: "B"},
			`q.csv:1: no column "B" (found: 1, What is basis?)`, "if the file has no header, add --no-header --question-column B"},
		{"and that can be followed", "1,What is basis?\n2,Is rent deductible?\n", Options{NoHeader: true, QuestionColumn: "B"}, "", ""},
		{"rows further down than titles go are none", strings.Repeat("title,\n", 51) + "id,question\n1,a\n", Options{},
			"q.csv:1: no question column (found: title, )", "--question-column"},
		{"unless they are named", strings.Repeat("title,\n", 51) + "id,question\n1,a\n", Options{HeaderRow: 52}, "", ""},
		{"the row that is named must name the question", "id,question\n1,a\n", Options{HeaderRow: 2},
			"q.csv:2: no question column (found: 1, a)", "--question-column"},
		{"the row that is named must be there", "id,question\n1,a\n\n2,b\n", Options{HeaderRow: 3},
			"q.csv:3: row 3, which --header-row names, holds nothing", ""},
		{"and not behind the end", "id,question\n1,a\n", Options{HeaderRow: 30},
			"q.csv:30: row 30, which --header-row names, holds nothing", ""},
		{"several columns without a header need a name", "1,Is it?\n2,When?\n", Options{NoHeader: true},
			`q.csv:1: there is no header, and more than one column: A holds "1", B holds "Is it?"`, "--no-header --question-column B"},
		{"a column that is not there", "1,Is it?\n", Options{NoHeader: true, QuestionColumn: "3"},
			`q.csv:1: no column "3" (found: A, B)`, "--question-column"},
		{"a header of two rows", "Ref,Question,,Answer\n,Text,Mode,\n1,Is it?,web,\n", Options{},
			`q.csv:2: "Text" is the name of a question column`, "add --header-row 2"},
		{"a title that is the name of a column, and no row of as many", "Question\nRef,Question,Client\n1,Is it?,Acme\n", Options{},
			"q.csv:2: row has 3 fields, the header has 1", "--header-row 2"},
		{"a title that is the name of a column", "Query,,\n,,\nRef,Question,Client\n1,Is it?,Acme\n", Options{},
			`q.csv:3: "Question" is the name of a question column`, "add --header-row 3"},
		{"unless it was said where the header is", "id,question\n1,Text\n", Options{HeaderRow: 1}, "", ""},
		{"and words like names can be asked further down", "id,question,\n1,Is it?,\n2,Text,query\n", Options{}, "", ""},
		{"a header that comes again is no question", "id,question\n1,a\nid,Question\n2,b\n", Options{},
			`q.csv:3: "Question" stands in the question column again`, "--header-row 3"},
	})
	_, _, err := read(t, "q.jsonl", `{"question":"a"}`, Options{NoHeader: true})
	checkError(t, err, "q.jsonl has no rows with a header", "--no-header")
}
