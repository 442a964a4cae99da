! The words of a vector's .txt as values.
module words
    use, intrinsic :: iso_fortran_env
    implicit none

    ! parse(w, x): the number x of its words, of complex ones two.
    interface parse
        module procedure parse_i8, parse_i16, parse_i32, parse_i64, &
            parse_f32, parse_f64, parse_c64, parse_c128, parse_bool
    end interface parse
contains
    subroutine refuse(what)
        character(*), intent(in) :: what

        write (error_unit, '(a)') 'not in Fortran: ' // what
        stop 3
    end subroutine refuse

    ! Take the first word off a line.
    subroutine split(line, word)
        character(*), intent(inout) :: line
        character(*), intent(out) :: word
        integer :: blank

        blank = index(trim(line) // ' ', ' ')
        word = line(:blank - 1)
        line = line(blank + 1:)
    end subroutine split

    ! \ooo stands for the character of that octal code.
    function unescaped(line) result(text)
        character(*), intent(in) :: line
        character(:), allocatable :: text
        integer :: i, code

        text = ''
        i = 1
        do while (i <= len_trim(line))
            if (line(i:i) == '\') then
                read (line(i + 1:i + 3), '(o3)') code
                text = text // achar(code)
                i = i + 4
            else
                text = text // line(i:i)
                i = i + 1
            end if
        end do
    end function unescaped

    subroutine parse_i8(w, x)
        character(*), intent(in) :: w(:)
        integer(int8), intent(out) :: x

        read (w(1), *) x
    end subroutine parse_i8

    subroutine parse_i16(w, x)
        character(*), intent(in) :: w(:)
        integer(int16), intent(out) :: x

        read (w(1), *) x
    end subroutine parse_i16

    subroutine parse_i32(w, x)
        character(*), intent(in) :: w(:)
        integer(int32), intent(out) :: x

        read (w(1), *) x
    end subroutine parse_i32

    subroutine parse_i64(w, x)
        character(*), intent(in) :: w(:)
        integer(int64), intent(out) :: x

        read (w(1), *) x
    end subroutine parse_i64

    subroutine parse_f32(w, x)
        character(*), intent(in) :: w(:)
        real(real32), intent(out) :: x

        read (w(1), *) x
    end subroutine parse_f32

    subroutine parse_f64(w, x)
        character(*), intent(in) :: w(:)
        real(real64), intent(out) :: x

        read (w(1), *) x
    end subroutine parse_f64

    subroutine parse_c64(w, x)
        character(*), intent(in) :: w(:)
        complex(real32), intent(out) :: x
        real(real32) :: part(2)

        read (w, *) part
        x = cmplx(part(1), part(2), real32)
    end subroutine parse_c64

    subroutine parse_c128(w, x)
        character(*), intent(in) :: w(:)
        complex(real64), intent(out) :: x
        real(real64) :: part(2)

        read (w, *) part
        x = cmplx(part(1), part(2), real64)
    end subroutine parse_c128

    subroutine parse_bool(w, x)
        character(*), intent(in) :: w(:)
        logical, intent(out) :: x

        x = w(1) /= '0'
    end subroutine parse_bool
end module words
