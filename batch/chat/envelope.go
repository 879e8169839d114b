package chat

import "github.com/tidwall/gjson"

// An envelope is what stands before and after the text of a chunk. Most chunks
// add a word to the text in the envelope of the one before them: they need not
// be parsed, for between its quotes one string does as well as another.
type envelope struct{ before, after string }

// around returns the envelope of a chunk's text, a string.
func around(chunk string, text gjson.Result) envelope {
	start, end := text.Index, text.Index+len(text.Raw)
	return envelope{chunk[:start+1], chunk[end-1:]}
}

// text returns the text of a chunk, if the chunk has this envelope and its text
// is a string without escapes.
func (e envelope) text(chunk []byte) (text []byte, ok bool) {
	if e.before == "" || len(chunk) < len(e.before)+len(e.after) {
		return nil, false
	}
	start, end := len(e.before), len(chunk)-len(e.after)
	if string(chunk[:start]) != e.before || string(chunk[end:]) != e.after {
		return nil, false
	}
	for _, b := range chunk[start:end] {
		if b < ' ' || b == '"' || b == '\\' {
			return nil, false
		}
	}
	return chunk[start:end], true
}
