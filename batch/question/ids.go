package question

import (
	"fmt"
	"strings"

	"bizbatch/batch"
)

// ids contains the line of each ID, to find IDs that occur twice.
type ids map[string]int

func (ids ids) claim(q batch.Question) error {
	if before, ok := ids[q.ID]; ok {
		return &Error{
			Line: q.Line, Msg: fmt.Sprintf("the id %q is that of line %d too", q.ID, before),
			Hint: "OpenAI's Batch files find an answer by the id of its question: give each its own",
		}
	}
	ids[strings.Clone(q.ID)] = q.Line
	return nil
}
