package diff

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An Edit is a part of two texts, one after the other: Old alone is deleted, New alone
// is inserted, and equal parts have both, each as its text has it.
type Edit struct {
	Old, New string
	Equal    bool
}

// Words aligns two texts word by word. The parts of all edits put together are the two
// texts. Equal parts may differ in the spaces between words.
func Words(old, new string) []Edit {
	a, b := tokens(old), tokens(new)
	al := aligner{a: keysOf(a), b: keysOf(b)}
	al.align(0, len(a), 0, len(b))
	var edits []Edit
	i, j := 0, 0
	add := func(toI, toJ int, equal bool) {
		if i < toI || j < toJ {
			edits = append(edits, Edit{strings.Join(a[i:toI], ""), strings.Join(b[j:toJ], ""), equal})
		}
		i, j = toI, toJ
	}
	for n := 0; n < len(al.matches); n++ {
		add(al.matches[n][0], al.matches[n][1], false)
		for n+1 < len(al.matches) && al.matches[n+1] == [2]int{al.matches[n][0] + 1, al.matches[n][1] + 1} {
			n++
		}
		add(al.matches[n][0]+1, al.matches[n][1]+1, true)
	}
	add(len(a), len(b), false)
	return tidied(edits)
}

// tidied returns edits that read well: signs between two changes are part of one
// change, and signs with which both parts of a change end are no part of it.
func tidied(edits []Edit) (list []Edit) {
	for i := 0; i < len(edits); i++ {
		e := edits[i]
		for !e.Equal && i+2 < len(edits) && areSigns(edits[i+1].New) {
			e.Old += edits[i+1].Old + edits[i+2].Old
			e.New += edits[i+1].New + edits[i+2].New
			i += 2
		}
		old, new := e.Old, e.New
		for !e.Equal {
			r, n := utf8.DecodeLastRuneInString(old)
			if r == utf8.RuneError || isInWord(r) || !strings.HasSuffix(new, old[len(old)-n:]) || n == len(old) || n == len(new) {
				break
			}
			old, new = old[:len(old)-n], new[:len(new)-n]
		}
		list = append(list, Edit{old, new, e.Equal})
		if end := e.Old[len(old):]; end != "" {
			list = append(list, Edit{end, end, true})
		}
	}
	return list
}

// areSigns reports whether a text has no words, and ends no line.
func areSigns(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return isInWord(r) || r == '\n' })
}

// tokens splits a text into words and signs, each with the spaces behind it, and ends of
// lines.
func tokens(text string) (list []string) {
	begin := 0
	for at := 0; at < len(text); {
		r, n := utf8.DecodeRuneInString(text[at:])
		end := at + n
		next, _ := utf8.DecodeRuneInString(text[end:])
		number := end+1 < len(text) && isDigit(text[end]) && at > begin // 1,250.50
		switch {
		case end == len(text):
		case isSpace(next), // behind a word
			r == '\n' && next == '\n',
			isInWord(r) && isInWord(next),
			isInWord(r) && (next == '.' || next == ',') && end+1 < len(text) && isDigit(text[end+1]),
			(r == '.' || r == ',') && number,
			r == '$' && isDigit(text[end]):
			at = end
			continue
		}
		list = append(list, text[begin:end])
		begin, at = end, end
	}
	return list
}

func isSpace(r rune) bool { return r != '\n' && unicode.IsSpace(r) }

func isInWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'' || r == '’' || r == '%' || r == '-' || r == '–')
}

// keysOf returns the words as they are compared.
func keysOf(tokens []string) []string {
	keys := make([]string, len(tokens))
	for i, t := range tokens {
		if keys[i] = strings.TrimSpace(t); strings.HasPrefix(t, "\n") {
			keys[i] = "\n"
		}
	}
	return keys
}

// An aligner finds the words that two texts have in common, in order: it goes from the
// words that each of them has once.
type aligner struct {
	a, b    []string
	matches [][2]int
}

// smallest is how many pairs of words are compared one by one.
const smallest = 4096

func (al *aligner) align(i, iEnd, j, jEnd int) {
	for i < iEnd && j < jEnd && al.a[i] == al.b[j] {
		al.match(i, j)
		i, j = i+1, j+1
	}
	same := 0 // at the end
	for i < iEnd-same && j < jEnd-same && al.a[iEnd-same-1] == al.b[jEnd-same-1] {
		same++
	}
	al.between(i, iEnd-same, j, jEnd-same)
	for ; same > 0; same-- {
		al.match(iEnd-same, jEnd-same)
	}
}

func (al *aligner) match(i, j int) { al.matches = append(al.matches, [2]int{i, j}) }

// between aligns parts that begin and end with other words.
func (al *aligner) between(i, iEnd, j, jEnd int) {
	if i == iEnd || j == jEnd {
		return
	}
	if (iEnd-i)*(jEnd-j) <= smallest {
		al.longest(i, iEnd, j, jEnd)
		return
	}
	anchors := al.anchors(i, iEnd, j, jEnd)
	for _, m := range anchors {
		al.align(i, m[0], j, m[1])
		al.match(m[0], m[1])
		i, j = m[0]+1, m[1]+1
	}
	if anchors != nil {
		al.align(i, iEnd, j, jEnd)
	}
}

// anchors returns the longest row of words that both parts have once, in order.
func (al *aligner) anchors(i, iEnd, j, jEnd int) (row [][2]int) {
	type places struct{ i, j, inA, inB int }
	words := map[string]*places{}
	for at := i; at < iEnd; at++ {
		w := words[al.a[at]]
		if w == nil {
			w = &places{}
			words[al.a[at]] = w
		}
		w.i = at
		w.inA++
	}
	for at := j; at < jEnd; at++ {
		if w := words[al.b[at]]; w != nil {
			w.j = at
			w.inB++
		}
	}
	var ends []int // the last words of the best rows of each length, in once
	var once [][2]int
	var before []int
	for at := i; at < iEnd; at++ {
		w := words[al.a[at]]
		if w.inA != 1 || w.inB != 1 {
			continue
		}
		n := sort.Search(len(ends), func(n int) bool { return once[ends[n]][1] > w.j })
		previous := -1
		if n > 0 {
			previous = ends[n-1]
		}
		once, before = append(once, [2]int{w.i, w.j}), append(before, previous)
		if n == len(ends) {
			ends = append(ends, 0)
		}
		ends[n] = len(once) - 1
	}
	if len(ends) == 0 {
		return nil
	}
	for at := ends[len(ends)-1]; at >= 0; at = before[at] {
		row = append(row, once[at])
	}
	slices.Reverse(row)
	return row
}

// longest finds the longest common row of words of two small parts.
func (al *aligner) longest(i, iEnd, j, jEnd int) {
	a, b := al.a[i:iEnd], al.b[j:jEnd]
	width := len(b) + 1
	lengths := make([]uint16, (len(a)+1)*width) // of what begins there
	for x := len(a) - 1; x >= 0; x-- {
		for y := len(b) - 1; y >= 0; y-- {
			if a[x] == b[y] {
				lengths[x*width+y] = lengths[(x+1)*width+y+1] + 1
			} else {
				lengths[x*width+y] = max(lengths[(x+1)*width+y], lengths[x*width+y+1])
			}
		}
	}
	for x, y := 0, 0; x < len(a) && y < len(b); {
		switch {
		case a[x] == b[y]:
			al.match(i+x, j+y)
			x, y = x+1, y+1
		case lengths[(x+1)*width+y] >= lengths[x*width+y+1]:
			x++
		default:
			y++
		}
	}
}
