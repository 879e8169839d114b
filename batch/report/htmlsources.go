package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"strconv"

	"bizbatch/batch"
)

// longestExcerpt is how much of a source the page shows, in characters.
const longestExcerpt = 4000

// pageSources are the sources on the page. Answers share them: each stands there
// once, however many cite it.
type pageSources struct {
	numbers map[[sha256.Size]byte]int // by the digest of what is shown of it
	pieces  []piece
}

// A shownSource is what the page shows of a source.
type shownSource struct {
	ID, Title, Page, Tool, Excerpt, URL string
	Link                                string // the URL where it can be followed
}

// source returns the id of the source on the page.
func (w *htmlWriter) source(s batch.Source) (id string, err error) {
	shown := shownSource{
		Title: sourceTitle(s), Page: oneLine(s.Page()), Tool: s.Tool(),
		Excerpt: shortened(s.Excerpt(), longestExcerpt), URL: s.URL(), Link: safeURL(s.URL()),
	}
	b, err := json.Marshal(shown)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(b)
	if w.sources.numbers == nil {
		w.sources.numbers = map[[sha256.Size]byte]int{}
	}
	n := w.sources.numbers[digest]
	if n == 0 {
		n = len(w.sources.pieces) + 1
		shown.ID = sourceID(n)
		p, err := w.spooled("source", shown)
		if err != nil {
			return "", err
		}
		w.sources.numbers[digest], w.sources.pieces = n, append(w.sources.pieces, p)
	}
	return sourceID(n), nil
}

// sourceID is short, for it stands in the page for each citation.
func sourceID(n int) string { return "s" + strconv.Itoa(n) }

func sourceTitle(s batch.Source) string { return cmp.Or(oneLine(s.Title()), s.URL(), s.NodeID()) }

func (w *htmlWriter) putSources() error {
	if w.sources.pieces == nil {
		return nil
	}
	if err := w.put("sources", nil); err != nil {
		return err
	}
	if err := w.putPieces(w.sources.pieces...); err != nil {
		return err
	}
	return w.put("sources end", nil)
}
