package sandbox

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A Shape is how large the answers are.
type Shape string

// The shapes of an answer.
const (
	Normal   Shape = ""         // 64 chunks, 28 KB, 4 sources
	Recorded Shape = "recorded" // as an answer recorded from Bizora: 873 chunks, 408 KB, 12 sources, a line of 42 KB
	Short    Shape = "short"    // 20 chunks, 7.6 KB, 2 sources
)

// A layout is what a shape is made of.
type layout struct {
	chunks      int // of the whole stream
	steps       int
	sources     int
	repeats     int // how often the sources arrive before the text
	sourceBytes int // of each source's text
	points      int // paragraphs of the text after the first
}

var layouts = map[Shape]layout{
	Normal:   {chunks: 64, steps: 5, sources: 4, repeats: 2, sourceBytes: 700, points: 3},
	Recorded: {chunks: 873, steps: 24, sources: 12, repeats: 4, sourceBytes: 3_250, points: 9},
	Short:    {chunks: 20, steps: 2, sources: 2, repeats: 1, sourceBytes: 120, points: 1},
}

// An answer is what the sandbox makes up for a question.
type answer struct {
	text        string
	summary     string
	steps       []step
	sources     []source
	suggestions []string
}

type step struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Status      string `json:"status"`
}

// A source is a document in one of the two forms in which they arrive: the
// page and title beside the text, or in a metadata object.
type source struct {
	json []byte // the source as it is sent

	NodeID    string          `json:"node_id"`
	Title     string          `json:"title,omitempty"`
	Text      string          `json:"text"`
	Tool      string          `json:"tool"`
	PageLabel any             `json:"page_label,omitempty"` // a string or a number
	Path      string          `json:"s3_file_path,omitempty"`
	Score     float64         `json:"score,omitempty"`
	Metadata  *sourceMetadata `json:"metadata,omitempty"`
}

type sourceMetadata struct {
	FileName  string `json:"file_name"`
	FilePath  string `json:"file_path"`
	Page      int    `json:"page"`
	PageLabel string `json:"page_label"`
	Origin    string `json:"sourceOrigin"`
}

// randomness is the same for the same question.
func randomness(question string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(question))
	return rand.New(rand.NewPCG(h.Sum64(), 0))
}

// catalogue returns every source that answers of a layout can have. They are
// encoded here once, which would be most of the work of an answer.
func catalogue(l layout) []source {
	list := make([]source, len(documents))
	for i, d := range documents {
		list[i] = newSource(d, i, l.sourceBytes)
	}
	return list
}

func newSource(d document, i, textBytes int) source {
	page := 7*i + 3
	path := "https://sources.example.com/" + d.file
	s := source{
		NodeID: uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s#%d", path, page)).String(),
		Text:   passage(d.title, i, textBytes),
		Tool:   d.tool,
	}
	switch i % 3 {
	case 0:
		s.Title, s.Path, s.PageLabel = d.title, path, fmt.Sprint(page)
	case 1:
		s.Title, s.Path, s.PageLabel = d.title, path, page
	case 2:
		s.Score = 0.87
		s.Metadata = &sourceMetadata{d.file, path, page, fmt.Sprint(page), "sandbox"}
	}
	s.json = mustJSON(s)
	return s
}

// passage returns a source's text of at most n bytes.
func passage(title string, start, n int) string {
	var b strings.Builder
	b.WriteString("(Sandbox excerpt) " + title + ".")
	for i := start; b.Len() < n; i++ {
		b.WriteString(" " + points[i%len(points)].text)
	}
	return excerpt(b.String(), n)
}

// invent makes up the answer to a request, under a rule.
func (s *Server) invent(req request, rule Rule) answer {
	a := invent(req.asked, s.layout, s.sources)
	if req.schema != nil && !rule.Prose {
		a.text = inventObject(req.schema, a, randomness(req.asked))
	}
	if text := cmp.Or(rule.Text, s.options.Law.on(s.today(), req.asked)); text != "" {
		a.text = withCitations(text, a.sources)
	}
	return a
}

// today returns the day on which the law is read.
func (s *Server) today() time.Time {
	if date := *s.date.Load(); !date.IsZero() {
		return date
	}
	return time.Now()
}

// invent makes up the answer to a question. Without sources (a plain OpenAI
// server) its text cites nothing.
func invent(question string, l layout, sources []source) answer {
	r := randomness(question)
	a := answer{steps: make([]step, l.steps), sources: make([]source, l.sources)}
	for i, at := range r.Perm(len(documents))[:l.sources] {
		a.sources[i] = sources[at]
	}
	for i := range a.steps {
		a.steps[i] = steps[i%len(steps)]
		a.steps[i].Status = "completed"
	}
	if len(a.steps) > 0 {
		a.steps[0].Status = "in_progress"
	}
	for _, i := range r.Perm(len(followUps))[:3] {
		a.suggestions = append(a.suggestions, followUps[i])
	}
	asked := excerpt(question, 160)
	a.text = inventText(asked, l, a.sources, r)
	a.summary = fmt.Sprintf("A made-up answer to “%s” that rests on %d sources; no tax advice.", asked, l.sources)
	return a
}

// inventText writes a first paragraph and l.points more, which cite two to
// five sources between them where there are as many.
func inventText(asked string, l layout, sources []source, r *rand.Rand) string {
	cited := sources[:min(len(sources), max(2, min(5, l.points+1)))]
	cite := func(i int) string {
		if len(cited) == 0 {
			return ""
		}
		return " [" + cited[i%len(cited)].NodeID + "]"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "This is a **sandbox answer** to “%s”. It is made up for trying things out and is no tax advice; "+
		"real answers come from Bizora. The starting point would be the general rule and its conditions%s.", asked, cite(0))
	order := r.Perm(len(points))
	for i := range l.points {
		p := points[order[i%len(order)]]
		fmt.Fprintf(&b, "\n\n**%s.** %s%s.", p.heading, strings.TrimSuffix(p.text, "."), cite(i+1))
		if i == 1 {
			fmt.Fprintf(&b, "\n\n- %s\n- Keep the computation with the return%s.", followUps[r.IntN(len(followUps))], cite(i+2))
		}
	}
	return b.String()
}

// withCitations returns a text of a script with the citations that it asks for.
func withCitations(text string, sources []source) string {
	for i, s := range sources {
		text = strings.ReplaceAll(text, fmt.Sprintf("[source %d]", i+1), "["+s.NodeID+"]")
	}
	return text
}

// excerpt returns a text in one line of at most about n bytes.
func excerpt(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
