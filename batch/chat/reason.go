package chat

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
)

// Which text of a body is the reason: the message of the part that describes the error,
// and before it the text of a member error that stands beside the message.

// said are the members that contain an error message.
var said = []string{"message", "detail", "msg", "status_msg", "error_msg", "error_message", "error_description"}

// speaks reports whether an object has an error message.
func speaks(v gjson.Result) bool { return v.IsObject() && first(v, said...).Exists() }

// isText reports whether a member holds a text, or a list of them.
func isText(v gjson.Result) bool { return given(v) && (v.Type == gjson.String || v.IsArray()) }

// errorIn returns the part of a body that describes the error. This is the whole body
// where a member error is only a text or a flag, and there is a message beside it.
func errorIn(body gjson.Result) gjson.Result {
	switch inner := body.Get("error"); {
	case given(inner) && inner.IsObject(), isText(inner) && !speaks(body):
		return inner
	case isText(inner):
		return body
	}
	if inner := body.Get("base_resp"); inner.Get("status_code").Int() != 0 { // MiniMax's
		return inner
	}
	if inner := body.Get("errors.0"); given(inner) {
		return inner
	}
	return body
}

// sentence returns the error message in JSON of any form.
func sentence(v gjson.Result) string {
	switch {
	case v.IsArray():
		var parts []string
		v.ForEach(func(_, part gjson.Result) bool {
			parts = append(parts, sentence(part))
			return len(parts) < 100 // enough to read
		})
		return strings.Join(parts, ", ")
	case v.IsObject():
		if words := first(v, said...); words.Exists() {
			return sentence(words)
		}
		return v.Raw
	}
	return v.String()
}

var oneName = regexp.MustCompile(`^[A-Za-z][\w.-]*$`)

// head adds the text of a member error that has a message beside it: a name such as
// OAuth's invalid_token, the text of the status such as "Bad Request" (Spring, NestJS), or
// the reason.
func head(e *batch.Error, heading gjson.Result) {
	inner, ok := objectIn(heading)
	switch {
	case ok:
		unwrap(e, inner)
	case !oneName.MatchString(heading.Str):
		e.Message = sentence(heading) + ": " + e.Message
	case e.Type == "":
		e.Type = heading.Str
	default:
		e.Code = cmp.Or(e.Code, heading.Str)
	}
}
