package batch

import (
	"slices"

	"github.com/google/uuid"
)

// A SourceMode says which sources are saved with an answer. It has no effect on the
// text of the answer, the request or the price.
type SourceMode string

// The source modes.
const (
	AllSources   SourceMode = "full"
	CitedSources SourceMode = "cited" // the sources that the text cites
	NoSources    SourceMode = "none"
)

// SourceModes are all of them.
var SourceModes = []SourceMode{AllSources, CitedSources, NoSources}

// keepSources leaves out the sources that the mode does not keep. Those of the
// caller stay as they are: an Asker may use them again.
func (a *Answer) keepSources(mode SourceMode) {
	switch mode {
	case CitedSources:
		cited := map[uuid.UUID]bool{}
		for _, id := range citations(a.Text) {
			cited[id] = true
		}
		a.Sources = slices.DeleteFunc(slices.Clone(a.Sources), func(s Source) bool {
			id, err := uuid.Parse(s.NodeID())
			return s["number"] == nil && (err != nil || !cited[id])
		})
	case NoSources:
		a.Sources = nil
	default:
		return
	}
	a.Kept = mode
}
