package question

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
)

type jsonlReader struct {
	opts   Options
	in     *batch.Input
	u      *Understood
	text   *bufio.Reader
	long   []byte            // a line larger than text's buffer
	line   int               // the current line, from 1
	number int               // of the current object, from 1, blank lines left out
	known  map[string]string // canonical names of the members met so far
	object object
	ids    ids // of the lines of an OpenAI Batch file

	asks    bool   // some object had a member for its question
	missing *Error // the first that had none
}

// An object is the current line's members: their canonical names and values.
type object struct {
	keys   []string
	values []gjson.Result
}

func newJSONLReader(text *bufio.Reader, opts Options, in *batch.Input, u *Understood) *jsonlReader {
	return &jsonlReader{opts: opts, in: in, u: u, text: text, known: map[string]string{}, ids: ids{}}
}

// next reads the next object.
func (j *jsonlReader) next() (q batch.Question, err error) {
	line, err := j.read()
	if err == io.EOF && !j.asks && j.missing != nil {
		return q, j.missing
	}
	if err != nil {
		return q, err
	}
	j.number++
	q = batch.Question{ID: strconv.Itoa(j.number), Line: j.line, Fields: bytes.Clone(line)}
	if err := j.parse(line); err != nil {
		return q, j.at(err)
	}
	if err := j.fill(&q); err != nil {
		return q, j.at(err)
	}
	return q, nil
}

// read returns the next line that is not blank, without the space around it.
// It is valid until the next call.
func (j *jsonlReader) read() ([]byte, error) {
	for {
		line, err := j.readLine()
		if err != nil && err != io.EOF {
			return nil, err
		}
		line = bytes.TrimRight(line, "\x1a") // Ctrl-Z, which ended files of DOS
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil // the end of the file comes up again
		}
		if err != nil {
			return nil, err
		}
	}
}

// readLine returns the next line; it comes with an error where no line break
// ends it.
func (j *jsonlReader) readLine() ([]byte, error) {
	j.line++
	line, err := j.text.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	j.long = append(j.long[:0], line...)
	for err == bufio.ErrBufferFull {
		if len(j.long) > maxRecord {
			return nil, j.at(&Error{Msg: "the line is larger than 16 MB"})
		}
		line, err = j.text.ReadSlice('\n')
		j.long = append(j.long, line...)
	}
	return j.long, err
}

// at places an error in the current line.
func (j *jsonlReader) at(err error) error {
	e := asError(err)
	e.Line = j.line
	return e
}

// parse takes a line apart, and notes the names of members not met before.
func (j *jsonlReader) parse(line []byte) error {
	if !utf8.Valid(line) {
		return &Error{Msg: "not valid UTF-8", Hint: encodingHint}
	}
	// gjson takes anything for JSON: it is only used on what encoding/json takes.
	if !json.Valid(line) {
		err := json.Unmarshal(line, new(any)) // says what is wrong
		return &Error{Msg: fmt.Sprintf("broken JSON: %v", err), Hint: jsonlHint}
	}
	if line[0] != '{' {
		return &Error{Msg: "not a JSON object", Hint: jsonlHint}
	}
	if half := halfCharacter(line); half != "" {
		return &Error{Msg: half + " is half of a character", Hint: "the text was cut there, or each half was written on its own: mend it where the file comes from"}
	}
	object := gjson.ParseBytes(line)
	if name := twice(object); name != "" {
		return &Error{Msg: fmt.Sprintf("%q is there twice", name), Hint: "rename one of the two, or remove it"}
	}
	j.object.keys, j.object.values = j.object.keys[:0], j.object.values[:0]
	object.ForEach(func(name, value gjson.Result) bool {
		key, ok := j.known[name.Str]
		if !ok {
			key = strings.Clone(canonical(name.Str)) // not to keep the line
			j.known[strings.Clone(name.Str)] = key
			j.in.Columns = append(j.in.Columns, strings.Clone(name.Str))
		}
		j.object.keys = append(j.object.keys, key)
		j.object.values = append(j.object.values, value)
		return true
	})
	return nil
}

// An escape is a pair of UTF-16 surrogates, one alone, which is the submatch, or anything else
// after a backslash.
var escape = regexp.MustCompile(`\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)`)

// halfCharacter returns a surrogate in valid JSON that is not one of a pair. It stands for no
// character, and would be sent as another.
func halfCharacter(line []byte) string {
	for _, m := range escape.FindAllSubmatch(line, -1) {
		if m[1] != nil {
			return `\` + string(m[1])
		}
	}
	return ""
}

const jsonlHint = "JSONL has one object in each line; jq -c . file.json writes it (jq -c '.[]' for an array)"

// fill takes the question's parts from the current object.
func (j *jsonlReader) fill(q *batch.Question) error {
	l, err := j.layout()
	if err != nil {
		return err
	}
	j.nameParts(l)
	if id, err := j.object.label(l.id); err != nil {
		return err
	} else if id != "" {
		q.ID = id
	}
	mode, err := j.object.text(l.askMode)
	if err != nil {
		return err
	}
	if q.AskMode, err = j.opts.AskModes.Parse(mode); err != nil {
		return &Error{Msg: err.Error(), Hint: askModeHint}
	}
	request, err := j.object.request()
	if err != nil {
		return err
	}
	q.Params = request.params
	if j.u.model(request.model); j.opts.Model == "" {
		q.Model = request.model
	}
	if request.messages.Type != gjson.Null && j.opts.QuestionColumn == "" {
		j.asks = true
		if j.u.First == "" {
			j.u.Question = request.member
		}
		if l.id >= 0 && request.isBatchLine() && !j.opts.UniqueIDs {
			if err := j.ids.claim(*q); err != nil {
				return err
			}
		}
		return fillMessages(q, request.messages)
	}
	switch {
	case l.question >= 0:
		j.asks = true
	case j.opts.Template != "":
		q.Subject = string(q.Fields)
		return nil
	default:
		q.Skip = noQuestion
		if j.missing == nil {
			j.missing = j.noQuestion()
		}
		return nil
	}
	text, err := j.object.text(l.question)
	if err != nil {
		return err
	}
	if q.Text = strings.TrimSpace(text); blank(q.Text) {
		q.Skip = noQuestion
	}
	q.Subject = q.Text
	return nil
}

// nameParts notes what the parts of the first question are called in the file, and
// those that only later ones have.
func (j *jsonlReader) nameParts(l layout) {
	if j.u.First == "" {
		j.u.Question, j.u.ID, j.u.AskMode = "", "", ""
	}
	note := func(name *string, at int) {
		if *name == "" && at >= 0 {
			key := j.object.keys[at]
			*name = j.in.Columns[slices.IndexFunc(j.in.Columns, func(name string) bool { return canonical(name) == key })]
		}
	}
	note(&j.u.Question, l.question)
	note(&j.u.ID, l.id)
	note(&j.u.AskMode, l.askMode)
}

// layout finds the parts of the current object, which may lack a member for its
// question.
func (j *jsonlReader) layout() (l layout, err error) {
	asked := canonical(j.opts.QuestionColumn)
	if asked == "" || slices.Contains(j.object.keys, asked) {
		return j.opts.layoutOf(j.object.keys, j.object.keys)
	}
	opts := j.opts
	opts.QuestionColumn = ""
	l, err = opts.layoutOf(j.object.keys, j.object.keys)
	l.question = -1
	return l, err
}

// noQuestion returns the error for an object without a question. It is reported only
// if no other object has one.
func (j *jsonlReader) noQuestion() *Error {
	e := noQuestionColumn(j.object.keys)
	if asked := j.opts.QuestionColumn; asked != "" {
		e = noColumn(asked, j.object.keys, "--question-column")
	}
	e.Line = j.line
	return e
}

// text returns the string at an index, empty for null and for none (-1).
func (o *object) text(at int) (string, error) {
	if at < 0 || o.values[at].Type == gjson.Null {
		return "", nil
	}
	if o.values[at].Type != gjson.String {
		return "", &Error{Msg: fmt.Sprintf("%q is not a string", o.keys[at])}
	}
	if isErrorValue(o.values[at].Str) {
		return "", &Error{Msg: fmt.Sprintf("%q holds the error %s", o.keys[at], o.values[at].Str), Hint: "mend the formula in the spreadsheet, or leave the line out"}
	}
	return o.values[at].Str, nil
}

// label returns the string or number at an index, as it is written.
func (o *object) label(at int) (string, error) {
	if at >= 0 && o.values[at].Type == gjson.Number {
		return o.values[at].Raw, nil
	}
	id, err := o.text(at)
	return strings.TrimSpace(id), err
}
