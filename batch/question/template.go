package question

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"bizbatch/batch"
)

// A questionTemplate builds questions from columns.
type questionTemplate struct {
	t   *template.Template
	out strings.Builder
}

func parseTemplate(text string) (*questionTemplate, error) {
	t, err := template.New("template").
		Option("missingkey=error").
		Funcs(template.FuncMap{"index": index}).
		Parse(text)
	if err != nil {
		return nil, &Error{
			File: "--template",
			Msg:  "is not valid: " + strings.TrimPrefix(err.Error(), "template: "),
			Hint: `columns are written {{.question}} or {{index . "Client name"}}`,
		}
	}
	return &questionTemplate{t: t}, nil
}

// checkTemplateColumns refuses a template that uses a name of two columns.
func (r *Reader) checkTemplateColumns(template string) error {
	seen := map[string]bool{}
	for _, name := range r.input.Columns {
		name = strings.TrimSpace(name)
		if seen[name] && slices.Contains(templateNames(template), name) {
			return &Error{Line: r.understood.HeaderLine, Msg: fmt.Sprintf("%q, which --template uses, is there twice", name), Hint: "rename one of the two"}
		}
		seen[name] = true
	}
	return nil
}

// fill replaces what a question asks by the template, filled in with its row.
func (t *questionTemplate) fill(q *batch.Question, in batch.Input) error {
	t.out.Reset()
	row, err := values(q.Fields, in)
	if err != nil {
		return err
	}
	err = t.t.Execute(&t.out, row)
	if err == nil && strings.Contains(t.out.String(), "<no value>") {
		err = errors.New("a value in it is null") // which text/template writes so
	}
	if err != nil {
		return &Error{
			Line: q.Line,
			Msg:  "cannot fill in the template: " + cause(err),
			Hint: "the columns are: " + list(in.Columns),
		}
	}
	q.Messages = nil
	if q.Text = strings.TrimSpace(t.out.String()); blank(q.Text) {
		q.Skip = noQuestion
	}
	return nil
}

// cause is why a template could not be filled in: of a column that is not there, only
// its name.
func cause(err error) string {
	if _, key, found := strings.Cut(err.Error(), "map has no entry for key "); found {
		return "there is no column " + key
	}
	return strings.TrimPrefix(err.Error(), "template: ")
}

// values returns a row's values by column name. Numbers are kept as they are written, and
// null is an empty string.
func values(fields json.RawMessage, in batch.Input) (map[string]any, error) {
	row := map[string]any{}
	if in.Format == batch.JSONL {
		dec := json.NewDecoder(bytes.NewReader(fields))
		dec.UseNumber()
		err := dec.Decode(&row)
		for name, v := range row {
			if v == nil {
				row[name] = ""
			}
		}
		return row, err
	}
	var cells []string
	err := json.Unmarshal(fields, &cells)
	for i, cell := range cells {
		row[strings.TrimSpace(in.Columns[i])] = cell
	}
	return row, err
}

// index replaces the function of that name, which takes a column that is not
// there for an empty one: the question would be asked, and paid, without it.
func index(v any, keys ...any) (any, error) {
	for _, key := range keys {
		switch from := v.(type) {
		case map[string]any:
			name, _ := key.(string)
			item, ok := from[name]
			if !ok {
				return nil, fmt.Errorf("no entry %q", key)
			}
			v = item
		case []any:
			i, ok := key.(int)
			if !ok || i < 0 || i >= len(from) {
				return nil, fmt.Errorf("no entry %v", key)
			}
			v = from[i]
		default:
			return nil, fmt.Errorf("no entry %v in %T", key, v)
		}
	}
	return v, nil
}
