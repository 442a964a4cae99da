! aprec.f90 - publish the state of a running computation, from Fortran 2008
!
!   use aprec
!   type(aprec_writer) :: out
!   real(8), target :: u(nx, ny)
!
!   call out%open()
!   do while (.not. out%stopped())
!       ...
!       call out%put('step', step)
!       call out%put('u', u)
!       call out%publish()
!   end do
!   call out%close()
!
! It stands on the C writer (writer.c, or -laprec -pthread), and adds nothing
! to what that does: see aprec(3), and aprec.h for each call.  Like there,
! errors are sticky, told once on stderr, and never end the computation.
!
! What is always true: an array is published as it lies in memory.  C counts
! its indices from the other end, so u(nx, ny) is the field u[ny, nx], x
! varying fastest in both; dims takes the names in the order of Fortran.
!
! An array is not copied: it must stay as it is until publish (or close) has
! returned.  So it has the target attribute and is no expression, else the
! compiler finds no matching put.  Copied at once are sections with gaps, such
! as u(2:nx-1, 2:ny-1), until publish returns; logical arrays, as bytes of 0
! and 1; numbers and texts.  All these but sections may be expressions.
module aprec
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: i8 => int8, i16 => int16, &
        i32 => int32, i64 => int64, f32 => real32, f64 => real64
    implicit none
    private

    ! enum aprec_type of aprec.h
    integer(c_int), parameter :: t_i8 = 1, t_i16 = 2, t_i32 = 3, t_i64 = 4, &
        t_f32 = 9, t_f64 = 10, t_c64 = 11, t_c128 = 12, t_bool = 13
    integer, parameter :: name_max = 63

    ! What was put under a name, where its own memory will not do.
    type :: copy
        character(name_max) :: name
        integer(i64), pointer :: bytes(:) => null()  ! until publish
    end type copy

    ! A writer is not to be assigned to another one.
    type, public :: aprec_writer
        private
        type(c_ptr) :: w = c_null_ptr
        type(copy), allocatable :: copies(:)
        integer :: ncopies = 0
        integer :: guess = 1            ! the copy that is likely made next
    contains
        ! open([out]): a file, '-' or, without it, $APREC_OUT and the rules
        ! of aprec(3).  A writer that is open is closed before.
        procedure :: open => open_out
        procedure :: fdopen             ! (descriptor), which is not closed
        procedure :: source             ! (name), before the first publish
        procedure :: attr               ! (name, key [, value]), else removed
        procedure :: dims               ! (name, [names]), '' for none
        procedure :: withdraw           ! (name)
        procedure :: publish            ! ([stat]): 1, 0 skipped, -1 error
        procedure :: stopped            ! whether the run is asked to end
        procedure :: error              ! the first error, or ''
        procedure :: close => close_out ! ([stat]): 0, or -1 after an error
        ! put(name, value): integer, real and complex numbers and arrays of
        ! rank 1 to 4, logical ones of the default kind, text without its
        ! trailing blanks.  Putting a name twice keeps the later.
        procedure, private :: put_text
        procedure, private :: put_i8_0, put_i8_1, put_i8_2, put_i8_3, put_i8_4
        procedure, private :: put_i16_0, put_i16_1, put_i16_2, &
            put_i16_3, put_i16_4
        procedure, private :: put_i32_0, put_i32_1, put_i32_2, &
            put_i32_3, put_i32_4
        procedure, private :: put_i64_0, put_i64_1, put_i64_2, &
            put_i64_3, put_i64_4
        procedure, private :: put_f32_0, put_f32_1, put_f32_2, &
            put_f32_3, put_f32_4
        procedure, private :: put_f64_0, put_f64_1, put_f64_2, &
            put_f64_3, put_f64_4
        procedure, private :: put_c64_0, put_c64_1, put_c64_2, &
            put_c64_3, put_c64_4
        procedure, private :: put_c128_0, put_c128_1, put_c128_2, &
            put_c128_3, put_c128_4
        procedure, private :: put_bool_0, put_bool_1, put_bool_2, &
            put_bool_3, put_bool_4
        generic :: put => put_text
        generic :: put => put_i8_0, put_i8_1, put_i8_2, put_i8_3, put_i8_4
        generic :: put => put_i16_0, put_i16_1, put_i16_2, &
            put_i16_3, put_i16_4
        generic :: put => put_i32_0, put_i32_1, put_i32_2, &
            put_i32_3, put_i32_4
        generic :: put => put_i64_0, put_i64_1, put_i64_2, &
            put_i64_3, put_i64_4
        generic :: put => put_f32_0, put_f32_1, put_f32_2, &
            put_f32_3, put_f32_4
        generic :: put => put_f64_0, put_f64_1, put_f64_2, &
            put_f64_3, put_f64_4
        generic :: put => put_c64_0, put_c64_1, put_c64_2, &
            put_c64_3, put_c64_4
        generic :: put => put_c128_0, put_c128_1, put_c128_2, &
            put_c128_3, put_c128_4
        generic :: put => put_bool_0, put_bool_1, put_bool_2, &
            put_bool_3, put_bool_4
    end type aprec_writer

    interface
        function c_open(path) bind(c, name='aprec_open')
            import :: c_ptr
            type(c_ptr), value :: path
            type(c_ptr) :: c_open
        end function c_open

        function c_fdopen(fd) bind(c, name='aprec_fdopen')
            import :: c_int, c_ptr
            integer(c_int), value :: fd
            type(c_ptr) :: c_fdopen
        end function c_fdopen

        function c_source(w, name) bind(c, name='aprec_source')
            import :: c_char, c_int, c_ptr
            type(c_ptr), value :: w
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int) :: c_source
        end function c_source

        function c_put(w, name, kind, data, rank, extents) &
            bind(c, name='aprec_put')
            import :: c_char, c_int, c_ptr, c_size_t
            type(c_ptr), value :: w, data
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int), value :: kind, rank
            integer(c_size_t), intent(in) :: extents(*)
            integer(c_int) :: c_put
        end function c_put

        function c_put_text(w, name, text) bind(c, name='aprec_put_text')
            import :: c_char, c_int, c_ptr
            type(c_ptr), value :: w
            character(kind=c_char), intent(in) :: name(*), text(*)
            integer(c_int) :: c_put_text
        end function c_put_text

        function c_withdraw(w, name) bind(c, name='aprec_withdraw')
            import :: c_char, c_int, c_ptr
            type(c_ptr), value :: w
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int) :: c_withdraw
        end function c_withdraw

        function c_dims(w, name, rank, dims) bind(c, name='aprec_dims')
            import :: c_char, c_int, c_ptr
            type(c_ptr), value :: w
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int), value :: rank
            type(c_ptr), intent(in) :: dims(*)
            integer(c_int) :: c_dims
        end function c_dims

        function c_attr(w, name, key, value) bind(c, name='aprec_attr')
            import :: c_char, c_int, c_ptr
            type(c_ptr), value :: w, value
            character(kind=c_char), intent(in) :: name(*), key(*)
            integer(c_int) :: c_attr
        end function c_attr

        function c_publish(w) bind(c, name='aprec_publish')
            import :: c_int, c_ptr
            type(c_ptr), value :: w
            integer(c_int) :: c_publish
        end function c_publish

        function c_stopped(w) bind(c, name='aprec_stopped')
            import :: c_int, c_ptr
            type(c_ptr), value :: w
            integer(c_int) :: c_stopped
        end function c_stopped

        function c_error(w) bind(c, name='aprec_error')
            import :: c_ptr
            type(c_ptr), value :: w
            type(c_ptr) :: c_error
        end function c_error

        function c_close(w) bind(c, name='aprec_close')
            import :: c_int, c_ptr
            type(c_ptr), value :: w
            integer(c_int) :: c_close
        end function c_close

        function c_strlen(s) bind(c, name='strlen')
            import :: c_ptr, c_size_t
            type(c_ptr), value :: s
            integer(c_size_t) :: c_strlen
        end function c_strlen

        function c_memcpy(to, from, n) bind(c, name='memcpy')
            import :: c_ptr, c_size_t
            type(c_ptr), value :: to, from
            integer(c_size_t), value :: n
            type(c_ptr) :: c_memcpy
        end function c_memcpy
    end interface
contains
    subroutine open_out(self, out)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in), optional :: out
        character(kind=c_char), allocatable, target :: path(:)

        call self%close()
        if (present(out)) then
            call to_c(out, path)
            self%w = c_open(c_loc(path(1)))
        else
            self%w = c_open(c_null_ptr)
        end if
    end subroutine open_out

    subroutine fdopen(self, fd)
        class(aprec_writer), intent(inout) :: self
        integer, intent(in) :: fd

        call self%close()
        self%w = c_fdopen(int(fd, c_int))
    end subroutine fdopen

    subroutine source(self, name)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_int) :: ignored

        ignored = c_source(self%w, trim(name) // c_null_char)
    end subroutine source

    subroutine attr(self, name, key, value)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name, key
        character(*), intent(in), optional :: value
        character(kind=c_char), allocatable, target :: text(:)
        type(c_ptr) :: p
        integer(c_int) :: ignored

        p = c_null_ptr
        if (present(value)) then
            call to_c(value, text)
            p = c_loc(text(1))
        end if
        ignored = c_attr(self%w, trim(name) // c_null_char, &
            trim(key) // c_null_char, p)
    end subroutine attr

    subroutine dims(self, name, names)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name, names(:)
        character(kind=c_char), target :: text(len(names) + 1, size(names))
        type(c_ptr) :: p(size(names))
        integer(c_int) :: ignored
        integer :: i, k

        do k = 1, size(names)
            do i = 1, len_trim(names(k))
                text(i, k) = names(k)(i:i)
            end do
            text(i, k) = c_null_char
            p(size(names) + 1 - k) = c_loc(text(1, k))
        end do
        ignored = c_dims(self%w, trim(name) // c_null_char, &
            size(names, kind=c_int), p)
    end subroutine dims

    subroutine withdraw(self, name)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_int) :: ignored

        ignored = c_withdraw(self%w, trim(name) // c_null_char)
    end subroutine withdraw

    subroutine publish(self, stat)
        class(aprec_writer), intent(inout) :: self
        integer, intent(out), optional :: stat
        integer(c_int) :: done

        done = c_publish(self%w)
        call forget_copies(self)
        if (present(stat)) stat = int(done)
    end subroutine publish

    logical function stopped(self)
        class(aprec_writer), intent(in) :: self

        stopped = c_stopped(self%w) /= 0
    end function stopped

    function error(self)
        class(aprec_writer), intent(in) :: self
        character(:), allocatable :: error
        character(kind=c_char), pointer :: text(:)
        type(c_ptr) :: p
        integer :: i

        error = ''
        if (.not. c_associated(self%w)) error = 'the writer is not open'
        if (.not. c_associated(self%w)) return
        p = c_error(self%w)
        if (.not. c_associated(p)) return
        call c_f_pointer(p, text, [c_strlen(p)])
        error = repeat(' ', size(text))
        do i = 1, size(text)
            error(i:i) = text(i)
        end do
    end function error

    subroutine close_out(self, stat)
        class(aprec_writer), intent(inout) :: self
        integer, intent(out), optional :: stat
        integer(c_int) :: done

        done = c_close(self%w)
        self%w = c_null_ptr
        call forget_copies(self)
        self%ncopies = 0
        if (present(stat)) stat = int(done)
    end subroutine close_out

    subroutine put_text(self, name, text)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name, text
        integer(c_int) :: ignored

        ignored = c_put_text(self%w, trim(name) // c_null_char, &
            trim(text) // c_null_char)
    end subroutine put_text

    !
    ! Elements of any type and rank
    !

    ! Put an array with n(k) elements of so many bytes along dimension k.
    ! ends(1) is where its first element lies, ends(1 + k) the last one along
    ! dimension k.  A number (size(n) is 0) is copied, and what has gaps.
    subroutine put_elements(self, name, kind, bytes, n, ends)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_int), intent(in) :: kind
        integer, intent(in) :: bytes
        integer(c_size_t), intent(in) :: n(:)
        type(c_ptr), intent(in) :: ends(:)
        integer(c_intptr_t) :: strides(size(n)), packed
        type(c_ptr) :: data
        integer :: k, run

        packed = bytes
        run = 0                 ! so many dimensions are without gaps
        do k = 1, size(n)
            strides(k) = packed
            if (n(k) > 1) strides(k) = &
                (address(ends(1 + k)) - address(ends(1))) / (n(k) - 1)
            if (strides(k) == packed .and. run == k - 1) run = k
            packed = packed * n(k)
        end do
        data = ends(1)
        if (size(n) == 0 .or. run < size(n)) then
            data = room(self, name, packed)
            if (c_associated(data)) &
                call gather(data, ends(1), bytes, n, strides, run)
        end if
        call put_at(self, name, kind, n, data)
    end subroutine put_elements

    subroutine put_at(self, name, kind, n, data)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_int), intent(in) :: kind
        integer(c_size_t), intent(in) :: n(:)
        type(c_ptr), intent(in) :: data
        integer(c_size_t) :: extents(size(n))
        integer(c_int) :: ignored

        extents = n(size(n):1:-1)
        ignored = c_put(self%w, trim(name) // c_null_char, kind, data, &
            size(n, kind=c_int), extents)
    end subroutine put_at

    ! Whether an array has no element, and so none with an address: it is put.
    logical function is_empty(self, name, kind, n)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_int), intent(in) :: kind
        integer(c_size_t), intent(in) :: n(:)

        is_empty = any(n == 0)
        if (is_empty) call put_at(self, name, kind, n, c_null_ptr)
    end function is_empty

    ! Copy elements, of which those along the first run dimensions lie side by
    ! side, the first index fastest.
    subroutine gather(to, from, bytes, n, strides, run)
        type(c_ptr), intent(in) :: to, from
        integer, intent(in) :: bytes, run
        integer(c_size_t), intent(in) :: n(:)
        integer(c_intptr_t), intent(in) :: strides(:)
        integer(c_size_t) :: at(size(n)), piece
        integer(c_intptr_t) :: source, target
        type(c_ptr) :: ignored
        integer :: k

        piece = bytes * product(n(:run))
        source = address(from)
        target = address(to)
        at = 0
        do
            ignored = c_memcpy(pointer_to(target), pointer_to(source), piece)
            target = target + piece
            do k = run + 1, size(n)
                source = source + strides(k)
                at(k) = at(k) + 1
                if (at(k) < n(k)) exit
                source = source - n(k) * strides(k)
                at(k) = 0
            end do
            if (k > size(n)) return
        end do
    end subroutine gather

    integer(c_intptr_t) function address(p)
        type(c_ptr), intent(in) :: p

        address = transfer(p, address)
    end function address

    type(c_ptr) function pointer_to(address)
        integer(c_intptr_t), intent(in) :: address

        pointer_to = transfer(address, pointer_to)
    end function pointer_to

    ! So many bytes for what is put under a name, until publish returns; null
    ! when memory runs out, of which c_put tells as missing data.
    type(c_ptr) function room(self, name, bytes)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(c_intptr_t), intent(in) :: bytes
        integer :: i, failed

        i = find_copy(self, name)
        if (associated(self%copies(i)%bytes)) &
            deallocate (self%copies(i)%bytes)
        allocate (self%copies(i)%bytes(bytes / 8 + 1), stat=failed)
        room = c_null_ptr
        if (failed == 0) room = c_loc(self%copies(i)%bytes(1))
    end function room

    ! The index of the copy of that name, new or there.
    integer function find_copy(self, name) result(i)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        type(copy), allocatable :: more(:)

        i = self%guess
        if (i <= self%ncopies) then
            if (self%copies(i)%name /= name) i = self%ncopies + 1
        end if
        if (i > self%ncopies) then
            do i = 1, self%ncopies
                if (self%copies(i)%name == name) exit
            end do
        end if
        self%guess = merge(1, i + 1, i >= self%ncopies)
        if (i <= self%ncopies) return
        if (.not. allocated(self%copies)) allocate (self%copies(8))
        if (i > size(self%copies)) then
            allocate (more(2 * size(self%copies)))
            more(:self%ncopies) = self%copies
            call move_alloc(more, self%copies)
        end if
        self%ncopies = i
        self%copies(i)%name = name
    end function find_copy

    subroutine forget_copies(self)
        class(aprec_writer), intent(inout) :: self
        integer :: i

        do i = 1, self%ncopies
            if (associated(self%copies(i)%bytes)) &
                deallocate (self%copies(i)%bytes)
        end do
        self%guess = 1
    end subroutine forget_copies

    ! As C has it: without trailing blanks, and with a NUL.
    subroutine to_c(text, s)
        character(*), intent(in) :: text
        character(kind=c_char), allocatable, intent(out) :: s(:)
        integer :: i, n

        n = len_trim(text)
        allocate (s(n + 1))
        do i = 1, n
            s(i) = text(i:i)
        end do
        s(n + 1) = c_null_char
    end subroutine to_c

    !
    ! put, of which there must be one for each type and rank: all the same but
    ! for these
    !

    subroutine put_i8_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i8), intent(in), target :: a

        call put_elements(self, name, t_i8, 1, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_i8_0

    subroutine put_i8_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i8), pointer, intent(in) :: a(:)
        integer(i8), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_i8, n)) return
        call put_elements(self, name, t_i8, 1, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_i8_1

    subroutine put_i8_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i8), pointer, intent(in) :: a(:, :)
        integer(i8), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_i8, n)) return
        call put_elements(self, name, t_i8, 1, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_i8_2

    subroutine put_i8_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i8), pointer, intent(in) :: a(:, :, :)
        integer(i8), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_i8, n)) return
        call put_elements(self, name, t_i8, 1, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_i8_3

    subroutine put_i8_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i8), pointer, intent(in) :: a(:, :, :, :)
        integer(i8), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_i8, n)) return
        call put_elements(self, name, t_i8, 1, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_i8_4

    subroutine put_i16_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i16), intent(in), target :: a

        call put_elements(self, name, t_i16, 2, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_i16_0

    subroutine put_i16_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i16), pointer, intent(in) :: a(:)
        integer(i16), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_i16, n)) return
        call put_elements(self, name, t_i16, 2, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_i16_1

    subroutine put_i16_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i16), pointer, intent(in) :: a(:, :)
        integer(i16), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_i16, n)) return
        call put_elements(self, name, t_i16, 2, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_i16_2

    subroutine put_i16_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i16), pointer, intent(in) :: a(:, :, :)
        integer(i16), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_i16, n)) return
        call put_elements(self, name, t_i16, 2, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_i16_3

    subroutine put_i16_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i16), pointer, intent(in) :: a(:, :, :, :)
        integer(i16), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_i16, n)) return
        call put_elements(self, name, t_i16, 2, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_i16_4

    subroutine put_i32_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i32), intent(in), target :: a

        call put_elements(self, name, t_i32, 4, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_i32_0

    subroutine put_i32_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i32), pointer, intent(in) :: a(:)
        integer(i32), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_i32, n)) return
        call put_elements(self, name, t_i32, 4, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_i32_1

    subroutine put_i32_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i32), pointer, intent(in) :: a(:, :)
        integer(i32), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_i32, n)) return
        call put_elements(self, name, t_i32, 4, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_i32_2

    subroutine put_i32_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i32), pointer, intent(in) :: a(:, :, :)
        integer(i32), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_i32, n)) return
        call put_elements(self, name, t_i32, 4, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_i32_3

    subroutine put_i32_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i32), pointer, intent(in) :: a(:, :, :, :)
        integer(i32), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_i32, n)) return
        call put_elements(self, name, t_i32, 4, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_i32_4

    subroutine put_i64_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i64), intent(in), target :: a

        call put_elements(self, name, t_i64, 8, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_i64_0

    subroutine put_i64_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i64), pointer, intent(in) :: a(:)
        integer(i64), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_i64, n)) return
        call put_elements(self, name, t_i64, 8, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_i64_1

    subroutine put_i64_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i64), pointer, intent(in) :: a(:, :)
        integer(i64), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_i64, n)) return
        call put_elements(self, name, t_i64, 8, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_i64_2

    subroutine put_i64_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i64), pointer, intent(in) :: a(:, :, :)
        integer(i64), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_i64, n)) return
        call put_elements(self, name, t_i64, 8, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_i64_3

    subroutine put_i64_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        integer(i64), pointer, intent(in) :: a(:, :, :, :)
        integer(i64), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_i64, n)) return
        call put_elements(self, name, t_i64, 8, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_i64_4

    subroutine put_f32_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f32), intent(in), target :: a

        call put_elements(self, name, t_f32, 4, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_f32_0

    subroutine put_f32_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f32), pointer, intent(in) :: a(:)
        real(f32), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_f32, n)) return
        call put_elements(self, name, t_f32, 4, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_f32_1

    subroutine put_f32_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f32), pointer, intent(in) :: a(:, :)
        real(f32), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_f32, n)) return
        call put_elements(self, name, t_f32, 4, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_f32_2

    subroutine put_f32_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f32), pointer, intent(in) :: a(:, :, :)
        real(f32), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_f32, n)) return
        call put_elements(self, name, t_f32, 4, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_f32_3

    subroutine put_f32_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f32), pointer, intent(in) :: a(:, :, :, :)
        real(f32), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_f32, n)) return
        call put_elements(self, name, t_f32, 4, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_f32_4

    subroutine put_f64_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f64), intent(in), target :: a

        call put_elements(self, name, t_f64, 8, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_f64_0

    subroutine put_f64_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f64), pointer, intent(in) :: a(:)
        real(f64), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_f64, n)) return
        call put_elements(self, name, t_f64, 8, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_f64_1

    subroutine put_f64_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f64), pointer, intent(in) :: a(:, :)
        real(f64), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_f64, n)) return
        call put_elements(self, name, t_f64, 8, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_f64_2

    subroutine put_f64_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f64), pointer, intent(in) :: a(:, :, :)
        real(f64), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_f64, n)) return
        call put_elements(self, name, t_f64, 8, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_f64_3

    subroutine put_f64_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        real(f64), pointer, intent(in) :: a(:, :, :, :)
        real(f64), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_f64, n)) return
        call put_elements(self, name, t_f64, 8, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_f64_4

    subroutine put_c64_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f32), intent(in), target :: a

        call put_elements(self, name, t_c64, 8, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_c64_0

    subroutine put_c64_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f32), pointer, intent(in) :: a(:)
        complex(f32), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_c64, n)) return
        call put_elements(self, name, t_c64, 8, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_c64_1

    subroutine put_c64_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f32), pointer, intent(in) :: a(:, :)
        complex(f32), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_c64, n)) return
        call put_elements(self, name, t_c64, 8, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_c64_2

    subroutine put_c64_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f32), pointer, intent(in) :: a(:, :, :)
        complex(f32), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_c64, n)) return
        call put_elements(self, name, t_c64, 8, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_c64_3

    subroutine put_c64_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f32), pointer, intent(in) :: a(:, :, :, :)
        complex(f32), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_c64, n)) return
        call put_elements(self, name, t_c64, 8, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_c64_4

    subroutine put_c128_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f64), intent(in), target :: a

        call put_elements(self, name, t_c128, 16, [integer(c_size_t) ::], &
            [c_loc(a)])
    end subroutine put_c128_0

    subroutine put_c128_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f64), pointer, intent(in) :: a(:)
        complex(f64), pointer :: p(:)
        integer(c_size_t) :: n(1)

        n = shape(a, c_size_t)
        p(1:) => a
        if (is_empty(self, name, t_c128, n)) return
        call put_elements(self, name, t_c128, 16, n, [c_loc(p(1)), &
            c_loc(p(n(1)))])
    end subroutine put_c128_1

    subroutine put_c128_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f64), pointer, intent(in) :: a(:, :)
        complex(f64), pointer :: p(:, :)
        integer(c_size_t) :: n(2)

        n = shape(a, c_size_t)
        p(1:, 1:) => a
        if (is_empty(self, name, t_c128, n)) return
        call put_elements(self, name, t_c128, 16, n, [c_loc(p(1, 1)), &
            c_loc(p(n(1), 1)), c_loc(p(1, n(2)))])
    end subroutine put_c128_2

    subroutine put_c128_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f64), pointer, intent(in) :: a(:, :, :)
        complex(f64), pointer :: p(:, :, :)
        integer(c_size_t) :: n(3)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:) => a
        if (is_empty(self, name, t_c128, n)) return
        call put_elements(self, name, t_c128, 16, n, [c_loc(p(1, 1, 1)), &
            c_loc(p(n(1), 1, 1)), c_loc(p(1, n(2), 1)), &
            c_loc(p(1, 1, n(3)))])
    end subroutine put_c128_3

    subroutine put_c128_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        complex(f64), pointer, intent(in) :: a(:, :, :, :)
        complex(f64), pointer :: p(:, :, :, :)
        integer(c_size_t) :: n(4)

        n = shape(a, c_size_t)
        p(1:, 1:, 1:, 1:) => a
        if (is_empty(self, name, t_c128, n)) return
        call put_elements(self, name, t_c128, 16, n, [c_loc(p(1, 1, 1, 1)), &
            c_loc(p(n(1), 1, 1, 1)), c_loc(p(1, n(2), 1, 1)), &
            c_loc(p(1, 1, n(3), 1)), c_loc(p(1, 1, 1, n(4)))])
    end subroutine put_c128_4

    subroutine put_bool_0(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        logical, intent(in) :: a
        integer(i8), target :: byte

        byte = merge(1_i8, 0_i8, a)
        call put_elements(self, name, t_bool, 1, [integer(c_size_t) ::], &
            [c_loc(byte)])
    end subroutine put_bool_0

    subroutine put_bool_1(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        logical, intent(in) :: a(:)
        integer(i8), pointer :: bytes(:)
        integer(c_size_t) :: n(1)
        type(c_ptr) :: data

        n = shape(a, c_size_t)
        data = room(self, name, product(n))
        if (c_associated(data)) then
            call c_f_pointer(data, bytes, n)
            bytes = merge(1_i8, 0_i8, a)
        end if
        call put_at(self, name, t_bool, n, data)
    end subroutine put_bool_1

    subroutine put_bool_2(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        logical, intent(in) :: a(:, :)
        integer(i8), pointer :: bytes(:, :)
        integer(c_size_t) :: n(2)
        type(c_ptr) :: data

        n = shape(a, c_size_t)
        data = room(self, name, product(n))
        if (c_associated(data)) then
            call c_f_pointer(data, bytes, n)
            bytes = merge(1_i8, 0_i8, a)
        end if
        call put_at(self, name, t_bool, n, data)
    end subroutine put_bool_2

    subroutine put_bool_3(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        logical, intent(in) :: a(:, :, :)
        integer(i8), pointer :: bytes(:, :, :)
        integer(c_size_t) :: n(3)
        type(c_ptr) :: data

        n = shape(a, c_size_t)
        data = room(self, name, product(n))
        if (c_associated(data)) then
            call c_f_pointer(data, bytes, n)
            bytes = merge(1_i8, 0_i8, a)
        end if
        call put_at(self, name, t_bool, n, data)
    end subroutine put_bool_3

    subroutine put_bool_4(self, name, a)
        class(aprec_writer), intent(inout) :: self
        character(*), intent(in) :: name
        logical, intent(in) :: a(:, :, :, :)
        integer(i8), pointer :: bytes(:, :, :, :)
        integer(c_size_t) :: n(4)
        type(c_ptr) :: data

        n = shape(a, c_size_t)
        data = room(self, name, product(n))
        if (c_associated(data)) then
            call c_f_pointer(data, bytes, n)
            bytes = merge(1_i8, 0_i8, a)
        end if
        call put_at(self, name, t_bool, n, data)
    end subroutine put_bool_4
end module aprec
