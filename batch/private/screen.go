package private

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"bizbatch/batch"
)

// firstFew is how many questions of a kind are named.
const firstFew = 5

// A Screen looks at questions on their way to the checkpoint.
type Screen struct {
	Finder *Finder
	// Mask replaces what was found by placeholders.
	Mask bool
	// Refuse ends the questions with a [*RefusedError] where something was found.
	Refuse bool

	counts map[Kind]*batch.PrivateCount
}

// A RefusedError refuses questions that hold private text.
type RefusedError struct{ Found []batch.PrivateCount }

func (e *RefusedError) Error() string {
	var lines []string
	for _, c := range e.Found {
		lines = append(lines, Describe(c))
	}
	return strings.Join(lines, "; ")
}

// Describe returns a count as messages tell it: "3 questions hold what looks like
// a social security number: TQ-007, TQ-012, TQ-031".
func Describe(c batch.PrivateCount) string {
	questions, kind := "questions hold", Kind(c.Kind)
	if c.Questions == 1 {
		questions = "question holds"
	}
	what := "what looks like " + kind.Name()
	if kind == Word {
		what = kind.Name()
	}
	first := strings.Join(c.First, ", ")
	if c.Questions > len(c.First) {
		first += ", …"
	}
	return fmt.Sprintf("%d %s %s: %s", c.Questions, questions, what, first)
}

// Questions returns the questions of seq, counted and, with Mask, masked.
func (s *Screen) Questions(seq iter.Seq2[batch.Question, error]) iter.Seq2[batch.Question, error] {
	return func(yield func(batch.Question, error) bool) {
		s.counts = map[Kind]*batch.PrivateCount{}
		for q, err := range seq {
			if err == nil && q.Skip == "" {
				q, err = s.question(q)
			}
			if !yield(q, err) || err != nil {
				return
			}
		}
		if found := s.Found(); s.Refuse && found != nil {
			yield(batch.Question{}, &RefusedError{found})
		}
	}
}

// Found returns what was found so far, by kind.
func (s *Screen) Found() (found []batch.PrivateCount) {
	for _, kind := range kinds {
		if c := s.counts[kind]; c != nil {
			found = append(found, *c)
		}
	}
	return found
}

// question counts what one question holds, and masks it.
func (s *Screen) question(q batch.Question) (batch.Question, error) {
	m := Mask{Finder: s.Finder}
	masked, err := m.question(q)
	if err != nil {
		return q, fmt.Errorf("line %d: %w", q.Line, err)
	}
	for _, kind := range m.Kinds() {
		c := s.counts[kind]
		if c == nil {
			c = &batch.PrivateCount{Kind: string(kind)}
			s.counts[kind] = c
		}
		if c.Questions++; len(c.First) < firstFew {
			c.First = append(c.First, q.ID)
		}
	}
	if !s.Mask {
		return q, nil
	}
	return masked, nil
}

// question returns the question with placeholders in everything that is sent.
func (m *Mask) question(q batch.Question) (batch.Question, error) {
	m.holds = everything(q)
	q.Text = m.Text(q.Text)
	q.Messages = slices.Clone(q.Messages)
	for i, message := range q.Messages {
		q.Messages[i].Content = m.Text(message.Content)
	}
	q.Params = maps.Clone(q.Params)
	for _, name := range slices.Sorted(maps.Keys(q.Params)) {
		value, err := m.json(name, q.Params[name])
		if err != nil {
			return q, fmt.Errorf("parameter %q: %w", name, err)
		}
		q.Params[name] = value
	}
	q.Originals = m.Originals
	return q, nil
}

// everything is all that is sent of a question.
func everything(q batch.Question) string {
	texts := []string{q.Text}
	for _, message := range q.Messages {
		texts = append(texts, message.Content)
	}
	for _, value := range q.Params {
		texts = append(texts, string(value))
	}
	return strings.Join(texts, "\n")
}

// json returns the JSON value of a name with placeholders in what it holds.
func (m *Mask) json(name string, value json.RawMessage) (json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, ok := v.(json.Number); ok { // a setting, such as a seed
		return value, nil
	}
	return json.Marshal(m.value(name, v))
}

// value masks a decoded value, which its name may tell of: {"ssn": 123456789}.
func (m *Mask) value(name string, v any) any {
	switch v := v.(type) {
	case string:
		return m.named(name, v)
	case json.Number:
		if masked := m.named(name, v.String()); masked != v.String() {
			return masked
		}
	case []any:
		for i := range v {
			v[i] = m.value(name, v[i])
		}
	case map[string]any:
		masked := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) { // the same placeholders in every run
			masked[m.Text(name)] = m.value(name, v[name])
		}
		return masked
	}
	return v
}

// named returns the text of a member with placeholders.
func (m *Mask) named(name, text string) string {
	text = m.Text(text)
	if masked, ok := strings.CutPrefix(m.Text(name+": "+text), name+": "); ok {
		return masked
	}
	return text
}
