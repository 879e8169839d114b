package check

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"bizbatch/batch"
)

// otherCitations are the ways to cite in which services and models write where
// they send no source for it: [1], [^1], 【1†source】, and a link.
var otherCitations = regexp.MustCompile(`\[(?:\^[^\]\s]{1,20}|[1-9][0-9]?)\]|【[^】\n]{1,60}】|\]\(<?https?://[^)\s]+`)

// citations counts what is cited and has no source, and notes the sources without
// an excerpt. It returns the marks of what can be compared, none if nothing can,
// and among them, without a number, those of citations that have no source.
func (c *checker) citations(a *batch.Answer, text string, cited []batch.Source, marks []batch.Mark) []batch.Mark {
	if c.found[Empty] != nil || c.found[Refused] != nil && len(marks) == 0 {
		return nil
	}
	byNumber := text == a.Text
	known := len(marks)
	used := map[string]bool{} // what is cited
	silent := map[int]bool{}  // numbers of sources without an excerpt
	for _, m := range marks {
		used[fmt.Sprintf("[%d]", m.Number)] = true
		source, example := cited[m.Number-1], fmt.Sprintf("[%d]", m.Number)
		switch {
		case a.Kept == batch.NoSources:
			c.count(NotKept, example, example)
		case len(source) == 1 && source["node_id"] != nil: // [batch.Answer.Numbered] made it up
			c.count(NoSource, example, example)
			c.mute = true
		case c.sources[m.Number-1].silent:
			silent[m.Number] = true
			c.mute = true
		}
	}
	if byNumber {
		for _, at := range otherCitations.FindAllStringIndex(text, -1) {
			mark := text[at[0]:at[1]]
			if n, err := strconv.Atoi(mark[1 : len(mark)-1]); err == nil && n <= len(cited) || known > 0 && mark[:2] == "](" {
				continue
			}
			used[mark] = true
			marks = append(marks, batch.Mark{Begin: at[0], End: at[1]})
			c.count(NoSource, mark, mark)
			c.mute = true
		}
	}
	switch {
	case len(used) == 0:
		c.count(NoCitation, "", "")
	case c.found[NoSource] != nil:
		c.found[NoSource].Of = len(used)
	}
	if n := len(silent); n > 0 {
		c.found[NoExcerpt] = &Finding{Kind: NoExcerpt, Count: n, Of: len(used)}
	}
	if known == 0 || a.Kept == batch.NoSources {
		return nil
	}
	slices.SortFunc(marks, func(a, b batch.Mark) int { return cmp.Compare(a.Begin, b.Begin) })
	return marks
}
