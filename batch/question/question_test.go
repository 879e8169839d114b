package question

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
)

// read reads a file with the given content, as far as the first error.
func read(t *testing.T, name, content string, opts Options) ([]batch.Question, batch.Input, error) {
	t.Helper()
	t.Chdir(t.TempDir()) // so that errors name the file without its folder
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	opts.AskModes = bizora.AskModes
	r, err := Open(name, opts)
	if err != nil {
		return nil, batch.Input{}, err
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	var questions []batch.Question
	for q, err := range r.Questions() {
		if err != nil {
			return questions, r.Input(), err
		}
		if !json.Valid(q.Fields) {
			t.Errorf("line %d: fields are not JSON: %s", q.Line, q.Fields)
		}
		questions = append(questions, q)
	}
	return questions, r.Input(), nil
}

// checkError checks an error's text and that a hint holds a word.
func checkError(t *testing.T, err error, want, hint string) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error is %v, not an *Error", err)
	}
	if !strings.HasPrefix(e.Error(), want) {
		t.Errorf("error:\n got %s\nwant %s", e, want)
	}
	if !strings.Contains(e.Hint, hint) {
		t.Errorf("hint %q does not hold %q", e.Hint, hint)
	}
}

func TestFormat(t *testing.T) {
	const asCSV, asJSONL = "question\nIs it taxable?\n", `{"question":"Is it taxable?"}`
	for _, tt := range []struct {
		name, content string
		asked         batch.Format
		want          batch.Format
		err           string
	}{
		{name: "q.csv", content: asCSV, want: batch.CSV},
		{name: "Q.CSV", content: asCSV, want: batch.CSV},
		{name: "q.tsv", content: asCSV, want: batch.CSV},
		{name: "q.txt", content: asCSV, want: batch.CSV},
		{name: "q.jsonl", content: asJSONL, want: batch.JSONL},
		{name: "q.ndjson", content: asJSONL, want: batch.JSONL},
		{name: "q.dat", content: asJSONL, asked: batch.JSONL, want: batch.JSONL},
		{name: "q.jsonl", content: asCSV, asked: batch.CSV, want: batch.CSV},
		{name: "q.docx", content: asCSV, err: "q.docx has no extension that tells its format"},
		{name: "q.CSV.GZ", content: asCSV, want: batch.CSV}, // unpacked, its name left
		{name: "questions", content: asCSV, err: "questions has no extension that tells its format"},
		{name: "q.csv", content: asCSV, asked: "xml", err: "q.csv cannot be read as xml"},
	} {
		t.Run(tt.name+" "+string(tt.asked), func(t *testing.T) {
			questions, in, err := read(t, tt.name, tt.content, Options{Format: tt.asked})
			if tt.err != "" {
				checkError(t, err, tt.err, "--format")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if in.Format != tt.want || len(questions) != 1 || questions[0].Text != "Is it taxable?" {
				t.Errorf("read %v as %s, want %s", questions, in.Format, tt.want)
			}
		})
	}
}

func TestFileThatIsNotThereIsAnError(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := Open("questions.csv", Options{})
	checkError(t, err, "questions.csv cannot be read: ", "")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	if strings.Count(err.Error(), "questions.csv") != 1 {
		t.Errorf("%v names the file more than once", err)
	}
}

func TestFolderIsAnError(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("questions.csv", 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Open("questions.csv", Options{})
	checkError(t, err, "questions.csv cannot be read: ", "")
}

func TestStandardInput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin := os.Stdin
	os.Stdin = r
	t.Cleanup(func() { os.Stdin = stdin; r.Close() })
	if _, err := w.WriteString("question\nIs it taxable?\n\"open\n"); err != nil {
		t.Fatal(err)
	}
	w.Close()

	_, err = Open("-", Options{})
	checkError(t, err, "standard input has no extension", "--format")

	q, err := Open("-", Options{Format: batch.CSV})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for question, err := range q.Questions() {
		if err != nil {
			checkError(t, err, "standard input:3: the quoted field that begins here is not closed", "")
			break
		}
		texts = append(texts, question.Text)
	}
	if diff := cmp.Diff([]string{"Is it taxable?"}, texts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := q.Close(); err != nil {
		t.Errorf("closing leaves standard input alone: %v", err)
	}
}

func TestReadingCanStopEarly(t *testing.T) {
	r, err := NewReader(strings.NewReader("question\na\nb\n"), "q.csv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range r.Questions() {
		break
	}
}

func TestFileWithoutQuestionsIsAnError(t *testing.T) {
	for _, tt := range []struct{ name, file, content, err string }{
		{"an empty CSV file", "q.csv", "", "q.csv:1: the file is empty"},
		{"a CSV file of a byte order mark", "q.csv", "\uFEFF", "q.csv:1: the file is empty"},
		{"a CSV file of blank lines", "q.csv", "\n\n", "q.csv:1: the file holds no questions"},
		{"a CSV file of a header", "q.csv", "question\n", "q.csv:1: the file holds no questions"},
		{"a CSV file of rows without a question", "q.csv", "id,question\n1,\n2,  \n", "q.csv:2: the file holds no questions"},
		{"an empty JSONL file", "q.jsonl", "", "q.jsonl:1: the file is empty"},
		{"a JSONL file of blank lines", "q.jsonl", "\n \n", "q.jsonl:1: the file holds no questions"},
		{"a JSONL file of objects without a question", "q.jsonl", `{"question":null}`, "q.jsonl:1: the file holds no questions"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(t, tt.file, tt.content, Options{})
			checkError(t, err, tt.err, "")
		})
	}
}

func TestSamples(t *testing.T) {
	for _, tt := range []struct {
		file string
		want int
	}{
		{"../../samples/tax_questions.csv", 45},
		{"../../samples/tax_questions.jsonl", 5},
	} {
		r, err := Open(tt.file, Options{AskModes: bizora.AskModes})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for q, err := range r.Questions() {
			if err != nil {
				t.Fatal(err)
			}
			if q.Skip == "" {
				n++
			}
		}
		if n != tt.want {
			t.Errorf("%s holds %d questions, want %d", tt.file, n, tt.want)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
