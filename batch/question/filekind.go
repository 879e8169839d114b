package question

import (
	"bytes"
	"io"
	"os"
)

// A fileKind is what a file is, by its first bytes.
type fileKind int

const (
	otherFile  fileKind = iota
	textFile            // in UTF-8 or an older encoding, or with a byte order mark
	utf16LE             // text without a byte order mark, which begins with letters from A to Z, or signs
	utf16BE             // the same, with the other order of bytes
	gzipFile            // compressed
	zipFile             // as Excel files are
	officeFile          // as files of older Office programs are, and newer ones with a password
)

// kindOf returns what a file is that begins with head.
func kindOf(head []byte) fileKind {
	begins := func(with string) bool { return bytes.HasPrefix(head, []byte(with)) }
	switch {
	case begins("\x1f\x8b"):
		return gzipFile
	case begins("PK\x03\x04"):
		return zipFile
	case begins("\xD0\xCF\x11\xE0"):
		return officeFile
	case begins("\xFF\xFE"), begins("\xFE\xFF"):
		return textFile
	case len(head) >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return utf16LE
	case len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return utf16BE
	case bytes.ContainsFunc(head, func(r rune) bool { return r < '\t' }):
		return otherFile
	}
	return textFile
}

// notText returns the error for a file that is not text in the named encoding,
// or in UTF-8 if none is named; nil if that is not certain.
func notText(kind fileKind, encoding string) *Error {
	const utf16 = "is text in UTF-16 without a byte order mark"
	switch {
	case kind == zipFile:
		return &Error{Msg: "is a ZIP or Excel file, not text", Hint: "if it is Excel's, give it the extension .xlsx, or say --format xlsx"}
	case kind == officeFile:
		return &Error{Msg: "is an .xls file, or an Excel file with a password", Hint: "open it in Excel, and save it as .xlsx, without a password"}
	case kind == utf16LE && encoding == "":
		return &Error{Msg: utf16, Hint: "add --encoding utf-16le"}
	case kind == utf16BE && encoding == "":
		return &Error{Msg: utf16, Hint: "add --encoding utf-16be"}
	}
	return nil
}

// notZIP returns the error for a file that is to be read as an Excel file and is no
// whole ZIP file.
func notZIP(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() // only read from
	head, err := io.ReadAll(io.LimitReader(f, 512))
	if err != nil {
		return err
	}
	switch kind := kindOf(head); {
	case len(head) == 0:
		return emptyFile()
	case kind == zipFile:
		return &Error{Msg: "is an Excel file that is cut short or damaged", Hint: "copy or download it again"}
	case kind == gzipFile:
		return &Error{Msg: "is compressed with gzip, and only text files are unpacked", Hint: "unpack it first, for example with gunzip"}
	case kind == officeFile:
		return notText(kind, "")
	case kind == otherFile:
		return notExcel("it is no ZIP file")
	}
	return &Error{Msg: "is text, not an Excel file", Hint: "if it is CSV, add --format csv; if it is JSON lines, add --format jsonl"}
}
