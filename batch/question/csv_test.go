package question

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
)

func fields(columns ...string) json.RawMessage {
	b, _ := json.Marshal(columns)
	return b
}

func TestCSV(t *testing.T) {
	for _, tt := range []struct {
		name    string
		content string
		opts    Options
		want    []batch.Question
		input   batch.Input
	}{
		{
			name:    "rows are numbered and keep every column",
			content: "client,question\nAcme,Is it taxable?\nBeta, When is it due? \n",
			want: []batch.Question{
				{ID: "1", Line: 2, Text: "Is it taxable?", Subject: "Is it taxable?", Fields: fields("Acme", "Is it taxable?")},
				{ID: "2", Line: 3, Text: "When is it due?", Subject: "When is it due?", Fields: fields("Beta", " When is it due? ")},
			},
			input: batch.Input{Columns: []string{"client", "question"}, Question: "question"},
		},
		{
			name:    "the id and ask_mode columns are found in any case and between spaces",
			content: " ID ,Question,Ask_Mode\nQ-1,Is it taxable?,Deep\n ,When is it due?,\n",
			want: []batch.Question{
				{ID: "Q-1", Line: 2, Text: "Is it taxable?", Subject: "Is it taxable?", AskMode: "deep", Fields: fields("Q-1", "Is it taxable?", "Deep")},
				{ID: "2", Line: 3, Text: "When is it due?", Subject: "When is it due?", Fields: fields(" ", "When is it due?", "")},
			},
			input: batch.Input{Columns: []string{" ID ", "Question", "Ask_Mode"}, Question: "Question"},
		},
		{
			name:    "a row without a question is skipped but kept",
			content: "id,question\n7,\n8,a\n",
			want: []batch.Question{
				{ID: "7", Line: 2, Skip: "no question", Fields: fields("7", "")},
				{ID: "8", Line: 3, Text: "a", Subject: "a", Fields: fields("8", "a")},
			},
			input: batch.Input{Columns: []string{"id", "question"}, Question: "question"},
		},
		{
			name:    "a question of which nobody sees anything is none, and an error may be where nothing is sent",
			content: "id,question,note\n7,\u200b\u00a0\u00ad,#N/A\n8,a,#REF!\n",
			want: []batch.Question{
				{ID: "7", Line: 2, Skip: "no question", Fields: fields("7", "\u200b\u00a0\u00ad", "#N/A")},
				{ID: "8", Line: 3, Text: "a", Subject: "a", Fields: fields("8", "a", "#REF!")},
			},
			input: batch.Input{Columns: []string{"id", "question", "note"}, Question: "question"},
		},
		{
			name:    "line breaks inside quotes stay as they are, those between rows do not matter",
			content: "question,note\r\n\"a\r\nb\nc\rd\r\",\"x\"\"y\"\r\n\r\ne,\n",
			want: []batch.Question{
				{ID: "1", Line: 2, Text: "a\r\nb\nc\rd", Subject: "a\r\nb\nc\rd", Fields: fields("a\r\nb\nc\rd\r", `x"y`)},
				{ID: "2", Line: 6, Text: "e", Subject: "e", Fields: fields("e", "")},
			},
			input: batch.Input{Columns: []string{"question", "note"}, Question: "question"},
		},
		{
			name:    "a quoted carriage return may end the file",
			content: "question\n\"a\r\"\r",
			want:    []batch.Question{{ID: "1", Line: 2, Text: "a", Subject: "a", Fields: fields("a\r")}},
			input:   batch.Input{Columns: []string{"question"}, Question: "question"},
		},
		{
			name:    "question comes before prompt, text and query, and custom_id is an id",
			content: "text,prompt,question,query,custom_id\nt,p,q,y,c\n",
			want:    []batch.Question{{ID: "c", Line: 2, Text: "q", Subject: "q", Fields: fields("t", "p", "q", "y", "c")}},
			input:   batch.Input{Columns: []string{"text", "prompt", "question", "query", "custom_id"}, Question: "question"},
		},
		{
			name:    "the only column can be named, too",
			content: "What we want to know\nIs it taxable?\n",
			opts:    Options{QuestionColumn: "what we want to know"},
			want:    []batch.Question{{ID: "1", Line: 2, Text: "Is it taxable?", Subject: "Is it taxable?", Fields: fields("Is it taxable?")}},
			input:   batch.Input{Columns: []string{"What we want to know"}, Question: "What we want to know"},
		},
		{
			name:    "the columns can be named",
			content: "question,Ask this,ref,id\nno,yes,R1,9\n",
			opts:    Options{QuestionColumn: "ask THIS ", IDColumn: "REF"},
			want:    []batch.Question{{ID: "R1", Line: 2, Text: "yes", Subject: "yes", Fields: fields("no", "yes", "R1", "9")}},
			input:   batch.Input{Columns: []string{"question", "Ask this", "ref", "id"}, Question: "Ask this"},
		},
		{
			name:    "other columns may share a name or have none",
			content: "note,note,,,question\n1,2,3,4,a\n",
			want:    []batch.Question{{ID: "1", Line: 2, Text: "a", Subject: "a", Fields: fields("1", "2", "3", "4", "a")}},
			input:   batch.Input{Columns: []string{"note", "note", "", "", "question"}, Question: "question"},
		},
		{
			name:    "a semicolon is found as the delimiter",
			content: "id;\"a,b,c,d\";question\n1;x;y\n",
			want:    []batch.Question{{ID: "1", Line: 2, Text: "y", Subject: "y", Fields: fields("1", "x", "y")}},
			input:   batch.Input{Columns: []string{"id", "a,b,c,d", "question"}, Question: "question", Delimiter: ";"},
		},
		{
			name:    "a tab is found as the delimiter",
			content: "id\tquestion\n1\ta, b\n",
			want:    []batch.Question{{ID: "1", Line: 2, Text: "a, b", Subject: "a, b", Fields: fields("1", "a, b")}},
			input:   batch.Input{Columns: []string{"id", "question"}, Question: "question", Delimiter: "\t"},
		},
		{
			name:    "a bar is found as the delimiter",
			content: "id|question\n1|a\n",
			want:    []batch.Question{{ID: "1", Line: 2, Text: "a", Subject: "a", Fields: fields("1", "a")}},
			input:   batch.Input{Columns: []string{"id", "question"}, Question: "question", Delimiter: "|"},
		},
		{
			name:    "the delimiter can be named",
			content: "id,x;question\n1;a\n",
			opts:    Options{Delimiter: "semicolon"},
			want:    []batch.Question{{ID: "1", Line: 2, Text: "a", Subject: "a", Fields: fields("1", "a")}},
			input:   batch.Input{Columns: []string{"id,x", "question"}, Question: "question", Delimiter: ";"},
		},
		{
			name:    "the delimiter can be any character",
			content: "id§question\n1§<a> & b\n",
			opts:    Options{Delimiter: "§"},
			want:    []batch.Question{{ID: "1", Line: 2, Text: "<a> & b", Subject: "<a> & b", Fields: json.RawMessage(`["1","<a> & b"]`)}},
			input:   batch.Input{Columns: []string{"id", "question"}, Question: "question", Delimiter: "§"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, in, err := read(t, "questions.csv", tt.content, tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("questions, -want +got:\n%s", diff)
			}
			tt.input.Format = batch.CSV
			if diff := cmp.Diff(tt.input, in); diff != "" {
				t.Errorf("input, -want +got:\n%s", diff)
			}
		})
	}
}

func TestCSVErrorsSayWhere(t *testing.T) {
	for _, tt := range []struct {
		name    string
		content string
		opts    Options
		err     string
		hint    string
	}{
		{name: "a row too long after one of several lines", content: "a,question\n\"1\n\",2\n\"5\n\",6,7\n",
			err: "questions.csv:4: row has 3 fields, the header has 2", hint: "quotes"},
		{name: "a row too long", content: "id,question\n1,Rent, and fuel?\n",
			err: "questions.csv:2: row has 3 fields, the header has 2", hint: `','`},
		{name: "a question of a list with a comma", content: "question\nRent, and fuel?\n",
			err: "questions.csv:2: row has 2 fields, the header has 1", hint: "--delimiter tab"},
		{name: "a row of one field", content: "id,question\nIs it taxable?\n",
			err: "questions.csv:2: the file holds no questions", hint: "delimiter"},
		{name: "a quote inside a quoted field", content: "question\na\n\"the \"safe harbor\" rule\"\n",
			err: `questions.csv:3: the quoted field that begins here goes on after a quote: "\"safe harbor\" rule\""`, hint: `""safe harbor""`},
		{name: "a space before a quote", content: "id, question\n1, \"Is it taxable, and when?\"\n",
			err: "questions.csv:2: row has 3 fields, the header has 2", hint: "remove the space"},
		{name: "a space before a quote in the header", content: "id, \"question\"\n1,a\n",
			err: `questions.csv:1: no question column (found: id, "question")`, hint: "remove the space"},
		{name: "an error of a spreadsheet for a question", content: "id,question\n1,a\n2,#N/A\n",
			err: "questions.csv:3: column B holds the error #N/A", hint: "clear the cell"},
		{name: "an error of a spreadsheet in a template's column", content: "id,question,note\n1,a,#NAME?\n", opts: Options{Template: "{{.question}} {{.note}}"},
			err: "questions.csv:2: column C holds the error #NAME?", hint: "mend the formula"},
		{name: "another delimiter fits", content: "id;question;note, with, many, commas\n1;Is it?;x\n",
			err: "questions.csv:1: no question column (found: id;question;note, with, many, commas)", hint: "--delimiter semicolon"},
		{name: "a quote that is never closed and meets another", content: "id,question\n1,\"b\n2,\"c\"\n",
			err: `questions.csv:2: the quoted field that begins here is not closed, or goes on after a quote in line 3: "\"c\""`, hint: "doubled"},
		{name: "something beyond the header", content: "id,question\n1,a,,\n2,b,,\" x\"\n",
			err: "questions.csv:3: row has 4 fields, the header has 2"},
		{name: "an unknown rule for quotes", content: "question\na\n", opts: Options{Quote: "some"},
			err: `questions.csv cannot be read with the quotes "some"`, hint: "none"},
		{name: "a quote that is never closed", content: "id,question\n1,a\n2,\"b\n3,c\n4,d\n",
			err: "questions.csv:3: the quoted field that begins here is not closed"},
		{name: "a broken quote after a field of several lines", content: "id,question\n\"1\n2\",\"b\"c\n",
			err: "questions.csv:3: the quoted field that begins here goes on after a quote"},
		{name: "a named question column that is missing", content: "id,Frage,question\n1,a,b\n",
			opts: Options{QuestionColumn: "Fragen"}, err: `questions.csv:1: no column "Fragen" (found: id, Frage, question)`, hint: "--question-column"},
		{name: "a named id column that is missing", content: "\nid,question\n1,a\n",
			opts: Options{IDColumn: "ref"}, err: `questions.csv:2: no column "ref" (found: id, question)`, hint: "--id-column"},
		{name: "no question column", content: "id,Frage\n1,a\n",
			err: "questions.csv:1: no question column (found: id, Frage)", hint: "--question-column"},
		{name: "only an id column", content: "id\n1\n",
			err: "questions.csv:1: no question column (found: id)", hint: "--question-column"},
		{name: "two question columns", content: "Question,id,question\na,1,b\n",
			err: `questions.csv:1: "question" is there twice`, hint: "rename"},
		{name: "two id columns", content: "id,question,ID\na,1,b\n",
			err: `questions.csv:1: "id" is there twice`},
		{name: "an unknown ask mode", content: "question,ask_mode\na,web\nb,deepest\n",
			err: `questions.csv:3: unknown ask mode "deepest"`, hint: "--ask-mode-column"},
		{name: "bytes that are not UTF-8", content: "question,note\na,\"b\nc\"\nd\xE9,e\n",
			err: "questions.csv:4: not valid UTF-8", hint: "--encoding windows-1252"},
		{name: "the byte that stands for a carriage return", content: "question\n\"a\xFF\"\n",
			err: "questions.csv:2: not valid UTF-8", hint: "--encoding"},
		{name: "bytes that are not UTF-8 in the header", content: "question,\xFC\na,b\n",
			err: "questions.csv:1: not valid UTF-8", hint: "--encoding"},
		{name: "line ends of an old Mac", content: "question\ra\rb\r",
			err: "questions.csv:1: a carriage return that ends no line", hint: "line endings"},
		{name: "bytes of zero in the header", content: "i\x00d,question\n", err: "questions.csv:1: the header is not text in UTF-8", hint: "utf-16le"},
		{name: "a delimiter of two characters", content: "question\na\n", opts: Options{Delimiter: "::"},
			err: `questions.csv cannot be read with the delimiter "::"`, hint: "semicolon"},
		{name: "a quote as the delimiter", content: "question\na\n", opts: Options{Delimiter: `"`},
			err: `questions.csv cannot be read with the delimiter "\""`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(t, "questions.csv", tt.content, tt.opts)
			checkError(t, err, tt.err, tt.hint)
		})
	}
}

func TestOneColumnOfTSVMayHoldCommas(t *testing.T) {
	got, _, err := read(t, "q.tsv", "question\na, b\n", Options{})
	if err != nil || len(got) != 1 || got[0].Text != "a, b" {
		t.Errorf("read %v, %v", got, err)
	}
}

func TestAHintNamesNoDelimiterThatTheFileHas(t *testing.T) {
	_, _, err := read(t, "q.txt", "question\n1.\tIs it?\n", Options{})
	checkError(t, err, "q.txt:2: row has 2 fields", "")
	if hint := asError(err).Hint; strings.Contains(hint, "--delimiter tab") {
		t.Errorf("hint %q", hint)
	}
}

func TestRowsBeforeAnErrorAreRead(t *testing.T) {
	got, _, err := read(t, "q.csv", "question\na\nb\nc,d\ne\n", Options{})
	checkError(t, err, "q.csv:4: row has 2 fields", "")
	if len(got) != 2 {
		t.Errorf("read %d questions before the error, want 2", len(got))
	}
}
