! Write the stream that a vector's .txt describes, by the Fortran module.
!
!   vectors [gaps] <NAME.txt >NAME.apr
!
! With gaps the arrays are sections, overwritten as soon as they were put.
! Says "not in Fortran" and why, with status 3, where it has no such thing.
program vectors
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env
    use aprec
    use words
    use of_i8
    use of_i16
    use of_i32
    use of_i64
    use of_f32
    use of_f64
    use of_c64
    use of_c128
    use of_bool
    implicit none

    ! What no program chooses, and a vector tells: tests/fortran.t has it.
    interface
        subroutine vector_header(writer, seq, wall, run, crc) bind(c)
            import :: c_int, c_int64_t
            integer(c_int), value :: writer, crc
            integer(c_int64_t), value :: seq, wall, run
        end subroutine vector_header

        subroutine vector_end(writer) bind(c)
            import :: c_int
            integer(c_int), value :: writer
        end subroutine vector_end
    end interface

    type(aprec_writer) :: outs(4)       ! one for each source
    character(64) :: sources(4)
    integer :: nouts = 0, now = 0       ! now: that of the record
    logical :: gaps, final, closed(4) = .false.
    character(8192) :: line, word
    character(63) :: name, dims(8)
    character(8) :: kind
    character(32) :: numbers(8192)
    integer :: extents(8), rank, nnumbers, status, i

    call get_command_argument(1, word)
    gaps = word == 'gaps'
    name = ''
    do
        read (*, '(a)', iostat=status) line
        if (status /= 0) exit
        call split(line, word)
        select case (word)
        case ('record')
            call end_record()
            call begin_record()
        case ('field')
            call end_field()
            call begin_field()
        case ('dim')
            read (line, *) i
            call split(line, word)
            dims(i + 1) = line(:63)
        case ('attr')
            call split(line, word)
            call outs(now)%attr(name, word, line)
        case ('text')
            call outs(now)%put(name, unescaped(line))
        case ('data')
            do while (line /= '')
                nnumbers = nnumbers + 1
                call split(line, numbers(nnumbers))
            end do
        case ('#')
        case default
            call refuse('a ' // trim(word) // ' of bytes')
        end select
    end do
    call end_record()
    do i = 1, nouts
        if (.not. closed(i)) call vector_end(int(i, c_int))
        call outs(i)%close()
    end do
contains
    subroutine begin_record()
        integer(int64) :: seq, wall, run
        character(24) :: header(4)
        integer :: k

        do k = 1, 4
            call split(line, header(k))
        end do
        read (header(1), *, iostat=k) seq
        if (k /= 0) call refuse('an unsigned seq')
        read (header(2), *) wall
        read (header(3), '(z16)') run
        if (index(header(4), 'H') > 0) call refuse('a history record')
        final = index(header(4), 'F') > 0
        do now = 1, nouts
            if (sources(now) == line) exit
        end do
        if (now > nouts) then
            nouts = now
            sources(now) = line(:64)
            call outs(now)%fdopen(1)
            call outs(now)%source(line)
        end if
        call vector_header(int(now, c_int), seq, wall, run, &
            merge(1_c_int, 0_c_int, index(header(4), 'C') > 0))
    end subroutine begin_record

    subroutine end_record()
        call end_field()
        if (now == 0) return
        if (final) call outs(now)%close()
        if (.not. final) call outs(now)%publish()
        closed(now) = final
    end subroutine end_record

    subroutine begin_field()
        call split(line, word)
        name = word(:63)
        call split(line, kind)
        call split(line, word)
        if (word /= 'plain') call refuse(trim(word) // ' data')
        rank = 0
        do while (line /= '')
            rank = rank + 1
            read (line, *) extents(rank)
            call split(line, word)
        end do
        dims = ''
        nnumbers = 0
    end subroutine begin_field

    ! The last index is the first of Fortran.
    subroutine end_field()
        integer :: n(rank)

        if (name == '') return
        n = extents(rank:1:-1)
        associate (out => outs(now), w => numbers(:nnumbers))
            if (rank > 0) call out%dims(name, dims(rank:1:-1))
            select case (kind)
            case ('i8')
                call put_i8(out, name, n, w, gaps)
            case ('i16')
                call put_i16(out, name, n, w, gaps)
            case ('i32')
                call put_i32(out, name, n, w, gaps)
            case ('i64')
                call put_i64(out, name, n, w, gaps)
            case ('f32')
                call put_f32(out, name, n, w, gaps)
            case ('f64')
                call put_f64(out, name, n, w, gaps)
            case ('c64')
                call put_c64(out, name, n, w, gaps)
            case ('c128')
                call put_c128(out, name, n, w, gaps)
            case ('bool')
                call put_bool(out, name, n, w, gaps)
            case ('none')
                call out%withdraw(name)
            case ('text')
            case default
                call refuse('the type ' // kind)
            end select
        end associate
        name = ''
    end subroutine end_field
end program vectors
